/**
 * Why an exchange call failed: `auth` the key was refused, `banned` and `rate_limited` it wants fewer requests, `unavailable` no answer
 * or a 5xx, `answer` something that is not what was asked for, `rejected` it understood and refused, `closed` we ended it.
 */
export type ExchangeErrorKind = 'auth' | 'banned' | 'rate_limited' | 'unavailable' | 'answer' | 'rejected' | 'closed';

/** What is known of a failure beside its kind. */
export interface ExchangeErrorDetails {
  readonly retryAtMs?: number | undefined;
  readonly code?: number | undefined;
  readonly status?: number | undefined;
}

/** A failed exchange call. The message is for operators and holds no key, secret, signature or listen key. */
export class ExchangeError extends Error {
  readonly kind: ExchangeErrorKind;
  /** Unix ms by this machine's clock from when on another try makes sense; undefined: at once. */
  readonly retryAtMs: number | undefined;
  /** The exchange's own number for it, where it gave one. */
  readonly code: number | undefined;
  /** The HTTP status of a refusal. */
  readonly status: number | undefined;

  constructor(kind: ExchangeErrorKind, message: string, more: ExchangeErrorDetails = {}) {
    super(message);
    this.name = 'ExchangeError';
    this.kind = kind;
    this.retryAtMs = more.retryAtMs;
    this.code = more.code;
    this.status = more.status;
  }
}

/** The key, its permissions or its secret are not accepted: nothing but other settings helps. */
export class ExchangeAuthError extends ExchangeError {
  constructor(message: string, more: ExchangeErrorDetails = {}) {
    super('auth', message, more);
    this.name = 'ExchangeAuthError';
  }
}

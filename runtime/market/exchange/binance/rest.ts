import { setTimeout as wait } from 'node:timers/promises';
import { backoffMs } from '../../../settings/backoff.ts';
import type { BinanceEnvironment } from '../../../settings/binance-endpoints.ts';
import { ExchangeAuthError, ExchangeError } from '../errors.ts';
import { type Answer, readAnswer } from './answer.ts';
import { type PauseReason, RequestBudget, type RequestPurpose } from './request-budget.ts';
import type { Secrets } from './secrets.ts';
import { ServerClock } from './server-clock.ts';
import type { BinanceTimings } from './timings.ts';

const READ_TRIES = 3;
const RECV_WINDOW_MS = 5_000;
const TIME_PATH = '/fapi/v1/time';

/** One request. `signed` proves the account; `keyed` only names it; a read (`GET`) is tried again when nothing usable comes back. */
export interface RestCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** What the exchange counts for it. */
  readonly weight: number;
  readonly access: 'public' | 'keyed' | 'signed';
  readonly purpose?: RequestPurpose;
}

/** What a client needs to know. */
export interface RestOptions {
  readonly restUrl: string;
  readonly environment: BinanceEnvironment;
  readonly secrets: Secrets;
  readonly timings: BinanceTimings;
}

/** Requests to the exchange, kept within what it allows. Every failure is an `ExchangeError` without secrets. */
export class RestClient {
  readonly clock = new ServerClock(Date.now);
  readonly budget = new RequestBudget();
  lastSuccessMs: number | undefined;
  lastError: { readonly atMs: number; readonly message: string } | undefined;
  readonly #options: RestOptions;
  readonly #closing = new AbortController();
  #failing = false;
  /** Whether the key was refused since a request with it was answered last. */
  #refusedOnce = false;
  #learning: Promise<void> | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** What `read` makes of the answer's body. A refused timestamp is mended by asking the exchange's time, once. */
  async request<T>(call: RestCall, read: (body: unknown) => T): Promise<T> {
    try {
      const result = read(await this.#tried(call));
      this.#failing = false;
      this.lastSuccessMs = Date.now();
      return result;
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      this.lastError = { atMs: Date.now(), message: error.message };
      throw error;
    }
  }

  /** Ends requests under way; further ones are refused. */
  close(): void {
    this.#closing.abort();
  }

  async #tried(call: RestCall): Promise<unknown> {
    if (call.access !== 'public') this.#needKeys(call);
    let clockMended = false;
    for (let tries = 1; ; tries += 1) {
      if (this.clock.due) await this.#learnTime();
      const answer = await this.#send(call);
      if (answer.kind === 'ok') {
        if (call.access !== 'public') this.#refusedOnce = false;
        return answer.body;
      }
      if (answer.kind === 'clock' && !clockMended) {
        clockMended = true;
        await this.#learnTime();
      } else if (!this.#mayTryAgain(call, answer, tries)) {
        this.#failing = answer.kind === 'again';
        throw this.#failure(call, answer);
      } else {
        await this.#pauseBeforeRetry(tries);
      }
    }
  }

  #mayTryAgain(call: RestCall, answer: Answer, tries: number): boolean {
    return answer.kind === 'again' && call.method === 'GET' && tries < READ_TRIES && !this.#failing;
  }

  async #send(call: RestCall): Promise<Answer> {
    if (this.#closing.signal.aborted) throw closedError();
    this.budget.take(Date.now(), this.clock.nowMs(), call.weight, call.purpose ?? 'reading', call.access !== 'public');
    let counted: number | undefined;
    try {
      const response = await this.#fetch(call);
      counted = wholeHeader(response, 'x-mbx-used-weight-1m');
      const retryAfter = response.headers.get('retry-after') ?? undefined;
      const raw = { status: response.status, retryAfter, text: await response.text() };
      return readAnswer(raw, this.#options.environment);
    } catch (error) {
      if (this.#closing.signal.aborted) throw closedError();
      return { kind: 'again', error: 'unavailable', message: this.#networkMessage(error) };
    } finally {
      this.budget.settle(this.clock.nowMs(), call.weight, counted);
    }
  }

  #fetch(call: RestCall): Promise<Response> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) query.set(name, String(value));
    const text = call.access === 'signed' ? this.#signed(query) : query.toString();
    return fetch(`${this.#options.restUrl}${call.path}${text === '' ? '' : `?${text}`}`, {
      method: call.method,
      headers: call.access === 'public' ? {} : this.#options.secrets.header(),
      redirect: 'manual',
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.#options.timings.answerMs)]),
    });
  }

  #signed(query: URLSearchParams): string {
    query.set('recvWindow', String(RECV_WINDOW_MS));
    query.set('timestamp', String(this.clock.nowMs()));
    return this.#options.secrets.sign(query.toString());
  }

  #learnTime(): Promise<void> {
    this.#learning ??= this.#askTime().finally(() => {
      this.#learning = undefined;
    });
    return this.#learning;
  }

  async #askTime(): Promise<void> {
    const call: RestCall = { method: 'GET', path: TIME_PATH, weight: 1, access: 'public' };
    const sentMs = Date.now();
    const answer = await this.#send(call);
    const answeredMs = Date.now();
    if (answer.kind !== 'ok') {
      if (this.clock.offsetMs === undefined) throw this.#failure(call, answer);
      this.clock.postpone();
      return;
    }
    const body = answer.body as { readonly serverTime?: unknown } | null;
    if (!Number.isSafeInteger(body?.serverTime)) {
      throw new ExchangeError('answer', `GET ${TIME_PATH}: expected serverTime in whole milliseconds, got none`);
    }
    this.clock.learn(Number(body?.serverTime), sentMs, answeredMs);
  }

  #needKeys(call: RestCall): void {
    if (this.#options.secrets.usable) return;
    const setting = this.#options.environment === 'production' ? 'BINANCE_API' : 'BINANCE_TESTNET_API';
    const retryAtMs = Date.now() + this.#options.timings.authPauseMs;
    throw new ExchangeAuthError(`${call.path} needs an account: set ${setting}_KEY and ${setting}_SECRET`, {
      retryAtMs,
    });
  }

  #failure(call: RestCall, answer: Exclude<Answer, { kind: 'ok' }>): ExchangeError {
    const message = this.#options.secrets.redact(`${nameOf(call)}: ${answer.message}`);
    switch (answer.kind) {
      case 'clock':
        return new ExchangeError('unavailable', `${message}. The exchange's time was asked and did not help.`);
      case 'again':
        return new ExchangeError(answer.error, message);
      case 'rejected':
        return new ExchangeError('rejected', message, { code: answer.code, status: answer.status });
      case 'pause':
        return this.#pause(answer, message);
    }
  }

  #pause(answer: Extract<Answer, { kind: 'pause' }>, message: string): ExchangeError {
    const { timings } = this.#options;
    const nowMs = Date.now();
    const { untilExchangeMs, reason, code } = answer;
    const named = untilExchangeMs === undefined ? 0 : this.clock.toMachineMs(untilExchangeMs);
    const authMs = this.#authPauseMs(reason, nowMs);
    const afterMs = { rate_limited: timings.rateLimitPauseMs, banned: timings.banPauseMs, auth: authMs };
    const waited = answer.waitMs ?? (untilExchangeMs === undefined ? afterMs[reason] : 0);
    const untilMs = Math.max(named, nowMs + waited);
    const until = new Date(untilMs).toISOString();
    const what = reason === 'auth' ? 'No request with a key' : 'No request';
    return this.budget.pause({ reason, untilMs, message: `${message} ${what} before ${until}.`, code }, nowMs);
  }

  /** Requests that were under way together are refused together, and that counts once. */
  #authPauseMs(reason: PauseReason, nowMs: number): number {
    const { authRetryMs, authPauseMs } = this.#options.timings;
    if (reason !== 'auth') return authPauseMs;
    const inForce = this.budget.pauseAt(nowMs, true);
    if (inForce?.reason === 'auth') return inForce.untilMs - nowMs;
    const again = this.#refusedOnce;
    this.#refusedOnce = true;
    return again ? authPauseMs : authRetryMs;
  }

  async #pauseBeforeRetry(tries: number): Promise<void> {
    const waitMs = backoffMs({ firstMs: this.#options.timings.retryMs }, tries);
    try {
      await wait(waitMs, undefined, { signal: this.#closing.signal });
    } catch {
      throw closedError();
    }
  }

  #networkMessage(error: unknown): string {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      return `no answer within ${this.#options.timings.answerMs} ms`;
    }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `no answer (${cause instanceof Error ? cause.message : 'unknown cause'})`;
  }
}

function nameOf({ method, path, query }: RestCall): string {
  return query?.symbol === undefined ? `${method} ${path}` : `${method} ${path} of ${query.symbol}`;
}

function closedError(): ExchangeError {
  return new ExchangeError('closed', 'the connection to the exchange was closed by us');
}

function wholeHeader(response: Response, name: string): number | undefined {
  const text = response.headers.get(name);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

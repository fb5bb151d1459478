import { parseNumber } from '../../../../schemas/number.ts';
import type { BinanceEnvironment } from '../../../settings/binance-endpoints.ts';
import type { PauseReason } from './request-budget.ts';

/** What came back for a request, before it is judged. */
export interface RawAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/**
 * What an answer means: `ok` its body; `clock` our timestamp was refused; `pause` send nothing for a while, until an exchange time or for
 * a while; `again` not now, a read may be tried again; `rejected` understood and refused.
 */
export type Answer =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'clock'; readonly message: string }
  | {
      readonly kind: 'pause';
      readonly reason: PauseReason;
      readonly untilExchangeMs: number | undefined;
      readonly waitMs: number | undefined;
      readonly message: string;
      readonly code: number | undefined;
    }
  | { readonly kind: 'again'; readonly error: 'unavailable' | 'answer'; readonly message: string }
  | { readonly kind: 'rejected'; readonly message: string; readonly status: number; readonly code: number | undefined };

interface ErrorBody {
  readonly code: number;
  readonly msg: string;
}

const BAD_SIGNATURE = -1022;
const BAD_KEY_FORMAT = -2014;
const KEY_CODES: readonly number[] = [-1002, BAD_SIGNATURE, -2008, BAD_KEY_FORMAT, -2015, -2017];
const LIMIT_CODES: readonly number[] = [-1003, -1015];
const BUSY_CODES: readonly number[] = [-1000, -1001, -1006, -1007, -1008, -1016];
const CLOCK_CODE = -1021;
const BANNED_UNTIL = /banned until (\d{12,14})/i;
const EXCERPT_CHARS = 80;

/** What an answer of the exchange means. The messages hold words of the exchange: redact them before they are shown. */
export function readAnswer(raw: RawAnswer, environment: BinanceEnvironment): Answer {
  const body = parseJson(raw.text);
  const error = errorBodyOf(body);
  if (error !== undefined && (raw.status >= 400 || error.code < 0)) return readError(raw, error, environment);
  if (raw.status >= 400) return readStatus(raw, environment);
  if (raw.status >= 300) {
    return { kind: 'again', error: 'answer', message: `expected an answer, got a redirection (HTTP ${raw.status})` };
  }
  if (body === undefined) {
    return { kind: 'again', error: 'answer', message: `expected JSON, got ${excerptOf(raw.text)}` };
  }
  return { kind: 'ok', body };
}

function readError(raw: RawAnswer, { code, msg }: ErrorBody, environment: BinanceEnvironment): Answer {
  const said = `HTTP ${raw.status}, ${code}: ${msg}`;
  if (code === CLOCK_CODE) return { kind: 'clock', message: said };
  if (KEY_CODES.includes(code)) return keyRefused(said, code, environment);
  if (LIMIT_CODES.includes(code) || raw.status === 429 || raw.status === 418) return limited(raw, said, code);
  if (BUSY_CODES.includes(code) || raw.status >= 500) return { kind: 'again', error: 'unavailable', message: said };
  return { kind: 'rejected', message: said, status: raw.status, code };
}

function readStatus(raw: RawAnswer, environment: BinanceEnvironment): Answer {
  const said = `HTTP ${raw.status} with ${excerptOf(raw.text)}`;
  if (raw.status === 429 || raw.status === 418) return limited(raw, said, undefined);
  if (raw.status === 401) return keyRefused(said, undefined, environment);
  if (raw.status === 403) return limited(raw, `the exchange's firewall refuses us (${said})`, undefined);
  if (raw.status === 451) return limited(raw, `the exchange does not serve this location (${said})`, undefined);
  if (raw.status >= 500) return { kind: 'again', error: 'unavailable', message: said };
  return { kind: 'rejected', message: said, status: raw.status, code: undefined };
}

function limited(raw: RawAnswer, said: string, code: number | undefined): Answer {
  const until = BANNED_UNTIL.exec(raw.text)?.[1];
  const retryAfterSec = parseNumber(raw.retryAfter);
  return {
    kind: 'pause',
    reason: raw.status === 429 && until === undefined ? 'rate_limited' : 'banned',
    untilExchangeMs: until === undefined ? undefined : Number(until),
    waitMs: retryAfterSec === undefined || retryAfterSec < 0 ? undefined : retryAfterSec * 1000,
    message: `the exchange wants fewer requests (${said})`,
    code,
  };
}

function keyRefused(said: string, code: number | undefined, environment: BinanceEnvironment): Answer {
  const message = `the exchange refused the API key of the ${environment} (${said}). ${remedyOf(code, environment)}`;
  return { kind: 'pause', reason: 'auth', untilExchangeMs: undefined, waitMs: undefined, message, code };
}

function remedyOf(code: number | undefined, environment: BinanceEnvironment): string {
  const setting = environment === 'production' ? 'BINANCE_API' : 'BINANCE_TESTNET_API';
  switch (code) {
    case BAD_SIGNATURE:
      return `The secret does not belong to the key: set ${setting}_SECRET as the exchange showed it, without blanks or quotes.`;
    case BAD_KEY_FORMAT:
      return `That is not the form of a key: set ${setting}_KEY as the exchange showed it, without blanks or quotes.`;
    default:
      return `Check that ${setting}_KEY is a key of the ${environment}, that it may read futures, and that this machine's address is on its list.`;
  }
}

function errorBodyOf(body: unknown): ErrorBody | undefined {
  if (typeof body !== 'object' || body === null || !('code' in body) || !('msg' in body)) return undefined;
  const { code, msg } = body;
  return typeof code === 'number' && typeof msg === 'string' ? { code, msg } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function excerptOf(text: string): string {
  if (text.trim() === '') return 'an empty body';
  const words = text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const kind = /^\s*</.test(text) ? 'a web page' : 'text that is no JSON';
  return words === '' ? kind : `${kind} ("${words.slice(0, EXCERPT_CHARS)}")`;
}

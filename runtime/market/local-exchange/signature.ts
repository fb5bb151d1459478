import { createHmac, timingSafeEqual } from 'node:crypto';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { refusals } from './errors.ts';

const DEFAULT_WINDOW_MS = 5_000;
const WIDEST_WINDOW_MS = MINUTE_MS;
const AHEAD_MS = 1_000;

/** A signed request: its query and body as they were sent, and the secret of the key it came with. */
export interface SignedRequest {
  readonly query: string;
  readonly body: string;
  readonly apiSecret: string;
  /** The exchange's time, Unix ms. */
  readonly nowMs: number;
}

/** HMAC-SHA256 in hex of what is signed: query and body, one behind the other. */
export function signatureOf(signed: string, apiSecret: string): string {
  return createHmac('sha256', apiSecret).update(signed).digest('hex');
}

/** Throws the refusal that the exchange would give: no timestamp or signature, a time outside the window, a wrong signature. */
export function requireSignature(request: SignedRequest): void {
  const parameters = new URLSearchParams([request.query, request.body].filter((part) => part !== '').join('&'));
  const signature = parameters.get('signature') ?? '';
  if (signature === '') throw refusals.missing('signature');
  requireTime(parameters, request.nowMs);
  const signed = withoutSignature(request.query) + withoutSignature(request.body);
  if (!sameText(signature.toLowerCase(), signatureOf(signed, request.apiSecret))) throw refusals.badSignature();
}

function requireTime(parameters: URLSearchParams, nowMs: number): void {
  const timestamp = parseNumber(parameters.get('timestamp'));
  if (timestamp === undefined) throw refusals.missing('timestamp');
  const sent = parameters.get('recvWindow');
  const windowMs = sent === null ? DEFAULT_WINDOW_MS : parseNumber(sent);
  if (windowMs === undefined || windowMs > WIDEST_WINDOW_MS) throw refusals.wideWindow();
  if (timestamp >= nowMs + AHEAD_MS) throw refusals.aheadOfServer();
  if (nowMs - timestamp > windowMs) throw refusals.outsideWindow();
}

function withoutSignature(part: string): string {
  return part
    .split('&')
    .filter((pair) => !pair.startsWith('signature='))
    .join('&');
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

import { WebSocket } from 'ws';
import {
  type LocalExchange,
  type LocalExchangeOptions,
  startLocalExchange,
} from '../../runtime/market/local-exchange/index.ts';
import { signatureOf } from '../../runtime/market/local-exchange/signature.ts';

/** The key of the one account of a test's exchange. */
export const TEST_KEY = 'test-key';
/** Its secret. */
export const TEST_SECRET = 'test-secret';
/** What it starts with, US dollars. */
export const TEST_BALANCE_USD = 100_000;

/** Starts a local exchange with one account; a test names what is different. */
export async function startTestExchange(options: Partial<LocalExchangeOptions> = {}): Promise<LocalExchange> {
  const account = { apiKey: TEST_KEY, apiSecret: TEST_SECRET, balanceUsd: TEST_BALANCE_USD };
  return await startLocalExchange({ accounts: [account], ...options });
}

/** The settings that point a system at an exchange, with the test's keys. */
export function exchangeSettings(exchange: Pick<LocalExchange, 'url' | 'wsUrl'>): Readonly<Record<string, string>> {
  return {
    BINANCE_TESTNET_API_KEY: TEST_KEY,
    BINANCE_TESTNET_API_SECRET: TEST_SECRET,
    BINANCE_BASE_URL: exchange.url,
    BINANCE_WS_URL: exchange.wsUrl,
  };
}

/** An answer of an exchange as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** How a request is sent; what is left out is as it should be. */
export interface RawRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly apiKey?: string;
  readonly apiSecret?: string;
  readonly timestamp?: number;
  /** Where the parameters go; in the query where nothing is said. */
  readonly inBody?: boolean;
}

/** Sends a request without key and signature. */
export async function askPublic(exchange: LocalExchange, path: string, request: RawRequest = {}): Promise<RawAnswer> {
  return await send(exchange, path, request, textOf(request.parameters ?? {}), {});
}

/** Sends a signed request of the test's account. */
export async function askSigned(exchange: LocalExchange, path: string, request: RawRequest = {}): Promise<RawAnswer> {
  const { apiKey = TEST_KEY, apiSecret = TEST_SECRET, timestamp = Date.now() } = request;
  const parameters = textOf({ ...request.parameters, timestamp });
  const signed = `${parameters}&signature=${signatureOf(parameters, apiSecret)}`;
  return await send(exchange, path, request, signed, { 'X-MBX-APIKEY': apiKey });
}

/** The body of an answer that must be JSON. */
export function bodyOf(answer: RawAnswer): ReturnType<typeof JSON.parse> {
  return JSON.parse(answer.text);
}

/** A listen key of the test's account. */
export async function listenKeyOf(exchange: LocalExchange): Promise<string> {
  const answer = await send(exchange, '/fapi/v1/listenKey', { method: 'POST' }, '', { 'X-MBX-APIKEY': TEST_KEY });
  return bodyOf(answer).listenKey;
}

/** A socket that is open, with the texts of its frames so far and whether it has been closed. */
export interface Listener {
  readonly frames: readonly string[];
  readonly closed: () => boolean;
  send(text: string): void;
  close(): void;
}

/** Opens a socket on a path of the exchange; rejects when it is refused. */
export async function listenTo(exchange: LocalExchange, path: string): Promise<Listener> {
  const socket = new WebSocket(`${exchange.wsUrl}${path}`);
  const frames: string[] = [];
  socket.on('message', (data) => void frames.push(String(data)));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    frames,
    closed: () => socket.readyState === WebSocket.CLOSED,
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
}

async function send(
  exchange: LocalExchange,
  path: string,
  { method = 'GET', inBody = false }: RawRequest,
  parameters: string,
  headers: Record<string, string>,
): Promise<RawAnswer> {
  const address = inBody || parameters === '' ? `${exchange.url}${path}` : `${exchange.url}${path}?${parameters}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  const answer = await fetch(address, { method, ...(inBody ? { body: parameters, headers: form } : { headers }) });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

function textOf(parameters: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => [name, String(value)] as [string, string]);
  return new URLSearchParams(pairs).toString();
}

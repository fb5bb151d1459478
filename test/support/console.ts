import { createParser } from 'eventsource-parser';
import { pino } from 'pino';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { LiveDecisions } from '../../schemas/api/decision.ts';
import { Session } from '../../schemas/api/session.ts';
import { type FakeRuntime, fakeRuntime, httpOptions } from './http.ts';
import type { TestRedis } from './redis.ts';

/** The viewer's token of console tests. */
export const VIEWER = 'a-viewer-of-this-test';

/** A console that is served to a test. */
export interface ServedConsole {
  readonly http: RunningHttp;
  readonly base: string;
  /** The lines logged so far. */
  readonly lines: readonly string[];
  /** A request of no redirect followed, from a page of this address unless `headers` say otherwise. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

/** Serves a console over a test's Redis, with a viewer's token. */
export async function serveConsole(
  redis: TestRedis,
  options: Partial<HttpOptions> = {},
  fake: FakeRuntime = {},
): Promise<ServedConsole> {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const runtime = { ...fakeRuntime({ redis: redis.client, ...fake }), log };
  const http = await startHttp(runtime, await httpOptions(runtime, { viewerToken: VIEWER, ...options }));
  const base = http.addresses[0]?.url ?? '';
  const ask = (path: string, init: RequestInit = {}) => fetch(base + path, { redirect: 'manual', ...init });
  return { http, base, lines, ask };
}

/** Somebody who is signed in: what their page sends along. */
export interface SignedIn {
  readonly session: Session;
  /** The cookie alone, as a browser sends it. */
  readonly cookie: string;
  /** Everything that a change wants. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs in with a token. */
export async function signIn(console: ServedConsole, token: string, name?: string): Promise<SignedIn> {
  const response = await console.ask('/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: console.base },
    body: JSON.stringify({ token, ...(name !== undefined && { name }) }),
  });
  if (response.status !== 200) throw new Error(`expected to be signed in, got ${response.status}`);
  return signedIn(console, cookieOf(response), Session.parse(await response.json()));
}

/** What `POST /console/enter` answers to a one-time link. */
export async function enterBy(console: Pick<ServedConsole, 'ask' | 'base'>, link: string): Promise<Response> {
  return await console.ask('/console/enter', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: console.base },
    body: JSON.stringify({ link: new URL(link).searchParams.get('link') }),
  });
}

function signedIn(console: ServedConsole, cookie: string, session: Session): SignedIn {
  const headers = { cookie, origin: console.base, 'x-csrf-token': session.csrf, 'content-type': 'application/json' };
  return { session, cookie, headers };
}

/** The cookie that an answer sets, as it is sent back. */
export function cookieOf(response: Response): string {
  return (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

/** An event of the live stream. */
export interface LiveEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** A live stream that is read, until it is cut. */
export interface Watching {
  readonly events: readonly LiveEvent[];
  /** The `decisions` events so far. */
  decisions(): readonly LiveDecisions[];
  /** The id from which a browser would resume. */
  lastId(): string | undefined;
  readonly response: Response;
  /** Resolves when the stream is over: `ended` by the server in order, or `cut`. */
  readonly ended: Promise<'ended' | 'cut'>;
  cut(): void;
}

/** Opens the live stream and reads it. */
export async function watch(base: string, headers: Readonly<Record<string, string>>, query = ''): Promise<Watching> {
  const cutting = new AbortController();
  const response = await fetch(`${base}/v1/events${query}`, { headers, signal: cutting.signal });
  const events: LiveEvent[] = [];
  const ended = readInto(events, response).catch(() => 'cut' as const);
  const decisions = () =>
    events.filter(({ event }) => event === 'decisions').map(({ data }) => LiveDecisions.parse(data));
  const lastId = () => events.findLast(({ id }) => id !== undefined)?.id;
  return { events, decisions, lastId, response, ended, cut: () => cutting.abort() };
}

async function readInto(events: LiveEvent[], response: Response): Promise<'ended'> {
  const parser = createParser({
    onEvent: ({ id, event = '', data }) => events.push({ id, event, data: JSON.parse(data) }),
  });
  const text = new TextDecoder();
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    parser.feed(text.decode(chunk, { stream: true }));
  }
  return 'ended';
}

import { createServer, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../../engine/status/types.ts';
import type { Listener } from '../../settings/ports.ts';
import { buildApp } from './app.ts';
import { sayConsoleAddress } from './console/address.ts';
import { makeEntryLink } from './console/entry-links.ts';
import { askRedis, type HttpContext, type HttpOptions } from './context.ts';
import { httpContextOf } from './http-context.ts';
import { ListenError, type ListenerPlan, listenProblem, type PlannedListener, planListeners } from './listeners.ts';

const CLOSE_DEADLINE_MS = 2_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Where a listener listens. */
interface HttpAddress {
  readonly role: string;
  /** What is answered there; of the main one everything. */
  readonly serves: Listener['serves'];
  readonly setting: string;
  readonly port: number;
  readonly url: string;
}

/** The listeners that are open, until `close`. */
export interface RunningHttp {
  readonly addresses: readonly HttpAddress[];
  /** A new one-time link into the console; `undefined` without a main listener, or while Redis does not answer. */
  consoleLink(): Promise<string | undefined>;
  /** Ends the live streams and opens no further ones: a process that is stopping has nothing to tell. */
  endStreams(): void;
  /** Ends the live streams, stops listening, lets requests in flight finish for two seconds, then cuts what is left. */
  close(): Promise<void>;
}

const NO_HTTP: RunningHttp = {
  addresses: [],
  consoleLink: async () => undefined,
  endStreams: () => undefined,
  close: async () => undefined,
};

/**
 * Opens every listener of contract §6 that is not switched off; `HTTP_PORT` 0 opens none. A port that cannot be had
 * is a `ListenError` that names the setting and the way out, and leaves nothing open.
 */
export async function startHttp(runtime: Runtime, options: HttpOptions): Promise<RunningHttp> {
  const planned = planListeners({ ...options, handlers: options.known.handlers });
  if (planned.length === 0) return NO_HTTP;
  const context = httpContextOf(runtime, options);
  const byPort = new Map(planned.map((listener) => [listener.port, listener]));
  const app = await buildApp(context, (localPort) => byPort.get(localPort ?? 0));
  const servers: Server[] = [];
  let sayNoMore: () => void = () => undefined;
  const endStreams = () => {
    sayNoMore();
    context.live.close();
  };
  const close = async () => {
    endStreams();
    await closeAll(app, servers);
  };
  try {
    for (const listener of planned) servers.push(await open(app, listener, options.host));
  } catch (error) {
    await close();
    throw error;
  }
  const addresses = planned.map((listener) => addressOf(listener, options.host));
  const base = addresses.find(({ role }) => role === 'http')?.url;
  if (base !== undefined) sayNoMore = sayConsoleAddress(runtime, base);
  return {
    addresses,
    consoleLink: async () => (base === undefined ? undefined : await entryLinkTo(context, base)),
    endStreams,
    close,
  };
}

/** Throws the `ListenError` that `startHttp` would: to know before anything is judged that this start cannot succeed. */
export async function requireFreePorts(plan: ListenerPlan, host: string): Promise<void> {
  for (const listener of planListeners(plan)) {
    const server = createServer();
    await listen(server, listener, host);
    await new Promise((resolve) => server.close(resolve));
  }
}

async function open(app: FastifyInstance, listener: PlannedListener, host: string): Promise<Server> {
  const server = createServer((request, response) => app.routing(request, response));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await listen(server, listener, host);
  return server;
}

async function listen(server: Server, listener: PlannedListener, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listener.port, host, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ListenError(listenProblem(listener, host, code), { cause: error });
  }
}

async function entryLinkTo(context: HttpContext, base: string): Promise<string | undefined> {
  return await askRedis(context, (redis) => makeEntryLink(redis, context.portfolio, base)).catch(() => undefined);
}

async function closeAll(app: FastifyInstance, servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(closeServer));
  await app.close();
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_DEADLINE_MS);
  await closed;
  clearTimeout(deadline);
}

function addressOf({ role, setting, port, serves }: PlannedListener, host: string): HttpAddress {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return { role, serves, setting, port, url: `http://${name}:${port}` };
}

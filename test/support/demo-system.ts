import { DemoHosting, type DemoHostingDeps } from '../../runtime/doors/demo/hosted/index.ts';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { startHttp } from '../../runtime/doors/http/server.ts';
import { DemoNow } from '../../schemas/api/demo.ts';
import { httpOptions, knownOf, WITH_TOKEN } from './http.ts';
import { startRedis, type TestRedis, until } from './redis.ts';
import { type SystemOptions, startSystem, type TestSystem } from './system.ts';

/** Hours of the month that a test plays, where it does not say. */
const FEW_HOURS = 30;

/** A system on which a demo can be begun, and where it is served. */
export interface DemoSystem extends TestSystem {
  readonly base: string;
  readonly hosting: DemoHosting;
  /** Asks `/v1`; with a body it is a POST. */
  ask(path: string, body?: object, headers?: object): Promise<{ status: number; answer: Record<string, unknown> }>;
}

/** Starts a system as `portcullis start` does, with HTTP on free ports, ready for a demo of a few hours. */
export async function startDemoSystem(
  redis: Pick<TestRedis, 'url'>,
  { hours = FEW_HOURS, keptSec, ...options }: SystemOptions & Pick<DemoHostingDeps, 'hours' | 'keptSec'> = {},
  different: Partial<HttpOptions> = {},
): Promise<DemoSystem> {
  const system = await startSystem(redis, options);
  const { runtime } = system;
  const hosting = new DemoHosting({ options: system.options, runtime, hours, keptSec });
  const known = knownOf(system.options.found, system.options.settings.texts);
  const http = await startHttp(runtime, await httpOptions(runtime, { demos: hosting, known, ...different }));
  hosting.start();
  const base = http.addresses.find(({ role }) => role === 'http')?.url ?? '';
  const ask: DemoSystem['ask'] = async (path, body, headers = WITH_TOKEN) => {
    const post = { method: 'POST', body: JSON.stringify(body) };
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${base}/v1${path}`, { ...(body && post), headers: { ...headers, ...json } });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };
  let stopped: Promise<void> | undefined;
  const end = async () => {
    http.endStreams();
    await hosting.stop();
    await system.stop();
    await http.close();
  };
  const stop = async () => {
    stopped ??= end();
    await stopped;
  };
  return { ...system, base, hosting, ask, stop };
}

/** How the demo of a system stands. */
export async function demoNow({ ask }: Pick<DemoSystem, 'ask'>): Promise<DemoNow> {
  return DemoNow.parse((await ask('/demo')).answer);
}

/** Waits until the demo of a system has come to a state. */
export async function demoCome(system: DemoSystem, state: DemoNow['state']): Promise<DemoNow> {
  return await until(`the demo to be ${state}`, async () => {
    const run = await demoNow(system);
    return run.state === state ? run : undefined;
  });
}

/** A Redis, and the systems that a test starts on it. */
export interface DemoRig {
  readonly client: TestRedis['client'];
  start(options?: Parameters<typeof startDemoSystem>[1], different?: Partial<HttpOptions>): Promise<DemoSystem>;
  /** The keys of demos. */
  keys(): Promise<readonly string[]>;
  /** Stops the systems, and deletes all keys. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the Redis of tests of the demo. */
export async function demoRig(): Promise<DemoRig> {
  const redis = await startRedis();
  const { client } = redis;
  const systems: DemoSystem[] = [];
  return {
    client,
    start: async (options, different) => {
      const system = await startDemoSystem(redis, options, different);
      systems.push(system);
      return system;
    },
    keys: async () => (await client.keys('*')).filter((key) => key.includes(':demo-')),
    clear: async () => {
      for (const system of systems.splice(0)) await system.stop();
      await client.flushall();
    },
    stop: () => redis.stop(),
  };
}

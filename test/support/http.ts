import { Redis } from 'ioredis';
import { pino } from 'pino';
import { BUDGET_METRICS } from '../../handlers/common/budget-metrics.ts';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { operationsOn } from '../../runtime/desk/operations/operations.ts';
import { ASKS_METRIC } from '../../runtime/doors/http/asks-metric.ts';
import type { HttpContext, HttpOptions } from '../../runtime/doors/http/context.ts';
import { httpContextOf } from '../../runtime/doors/http/http-context.ts';
import { REFUSED_METRIC } from '../../runtime/doors/http/wrong-tokens.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { Metrics, RUNTIME } from '../../runtime/engine/status/metrics.ts';
import type { LaneStatus, Runtime, StreamProblem } from '../../runtime/engine/status/types.ts';
import type { Known } from '../../runtime/engine/streams/known.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { type Portfolio, portfolioOf } from '../../runtime/settings/portfolio.ts';
import type { Ports } from '../../runtime/settings/ports.ts';
import { freePort } from './ports.ts';

/** The admin token of HTTP tests. */
export const TOKEN = 'a-token-of-this-test';
/** The header that presents the admin token of HTTP tests. */
export const WITH_TOKEN = { authorization: `Bearer ${TOKEN}` };

/** However late the event loop is: on a busy machine every request would be answered with 503. */
const NEVER_BUSY = 0;

/** All four gates. */
export const GATES = ['heat-gate', 'heat-bridge', 'risk-governor', 'governor'] as const;

/** What a test says of the running system; everything left out is healthy and empty. */
export interface FakeRuntime {
  readonly redis?: Redis;
  readonly redisUp?: () => boolean;
  readonly portfolios?: readonly Portfolio[];
  readonly lanes?: readonly LaneStatus[];
  readonly streamProblems?: readonly StreamProblem[];
  readonly handlers?: readonly AnyHandler[];
  /** Gate → mode; `shadow` where nothing is said. */
  readonly modes?: Readonly<Record<string, string>>;
}

/** A lane that turned just now; a test names what is different. */
export function laneStatus(different: Partial<LaneStatus> = {}): LaneStatus {
  return {
    portfolio: 'quantum',
    handler: 'heat-bridge',
    stream: 'quantum:stream:harvest.heat.decision',
    group: 'heat_bridge',
    state: 'running',
    problem: '',
    lastTurnMs: Date.now(),
    lastLoopMs: 502,
    failed: false,
    ...different,
  };
}

/** A running system as HTTP sees it, with real metrics: one family for each gate and those of the risk governor. */
export function fakeRuntime(fake: FakeRuntime = {}): Runtime {
  const redis = fake.redis ?? answering();
  const metrics = new Metrics((fake.portfolios ?? [portfolioOf('quantum')]).map(({ prefix }) => prefix));
  metrics.declare(RUNTIME, [REFUSED_METRIC, ASKS_METRIC]);
  metrics.declare('risk-governor', BUDGET_METRICS);
  metrics.declare('heat-gate', [{ name: 'p26_proposals_processed_total', type: 'counter', help: 'Proposals' }]);
  metrics.declare('heat-bridge', [{ name: 'p27_loops_total', type: 'counter', help: 'Loops' }]);
  metrics.declare('governor', [{ name: 'quantum_govern_probe', type: 'gauge', help: 'A family of the governor' }]);
  return {
    portfolios: fake.portfolios ?? [portfolioOf('quantum')],
    handlers: fake.handlers ?? [],
    metrics,
    log: pino({ level: 'silent' }),
    workerName: 'worker-1',
    lanes: () => fake.lanes ?? [],
    streamProblems: () => fake.streamProblems ?? [],
    redisOf: () => redis,
    redisUp: fake.redisUp ?? (() => fake.redis !== undefined),
    mode: (_portfolio, gate) => fake.modes?.[gate] ?? 'shadow',
    settingsOf: () => ({ BUDGET_HASH_TTL_SEC: 300 }),
    look: async () => {
      throw new Error('expected a running system to look at, got a fake one');
    },
    stop: async () => undefined,
  };
}

/** A client of no server, that answers PING all the same. */
function answering(): Redis {
  return Object.assign(new Redis({ lazyConnect: true }), { ping: async () => 'PONG' as const });
}

/** What a process knows of the gates of these handlers, with the environment it was started with, where it runs `run` of them. */
export function knownOf(
  handlers: readonly AnyHandler[],
  environment: Readonly<Record<string, string>> = {},
  run = handlers,
): Known {
  return { handlers, environment, feeds: undefined, lanesOf: (portfolio) => lanesOf(run, portfolio) };
}

/** HTTP options with every listener on a free port. */
export async function httpOptions(runtime: Runtime, different: Partial<HttpOptions> = {}): Promise<HttpOptions> {
  const handlers = await loadHandlers();
  return {
    host: '127.0.0.1',
    ports: await freePorts(),
    adminToken: TOKEN,
    gates: GATES,
    p28TestMode: false,
    operationsOf: (portfolio) =>
      operationsOn(runtime.redisOf(portfolio), portfolio, { handlers, lanes: [], environment: {} }),
    known: knownOf(handlers),
    queues: [],
    maxEventLoopDelayMs: NEVER_BUSY,
    ...different,
  };
}

/** The context of an app over a running system. */
export async function httpContext(runtime: Runtime, different: Partial<HttpOptions> = {}): Promise<HttpContext> {
  return httpContextOf(runtime, await httpOptions(runtime, different));
}

async function freePorts(): Promise<Ports> {
  return {
    http: await freePort(),
    p26: await freePort(),
    p27Metrics: await freePort(),
    p27Health: await freePort(),
    p28: await freePort(),
    governor: await freePort(),
  };
}

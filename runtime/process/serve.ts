import { randomBytes } from 'node:crypto';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { type Operations, operationsOn } from '../desk/operations/operations.ts';
import { exposureKept } from '../desk/strategies/list.ts';
import type { HttpOptions } from '../doors/http/context.ts';
import { type RunningHttp, startHttp } from '../doors/http/server.ts';
import type { HostedRuntime } from '../engine/host/runtime.ts';
import type { Known } from '../engine/streams/known.ts';
import { lanesOf } from '../engine/streams/lanes.ts';
import type { Feeds } from '../market/feeds/index.ts';
import { cleanEnvironment, type Environment } from '../settings/environment.ts';
import { handlersToRun, type LoadedSettings } from '../settings/load.ts';
import type { Portfolio } from '../settings/portfolio.ts';

/** What the environment says is to run, of all that was found. */
export interface LaunchPlan {
  readonly settings: LoadedSettings;
  readonly found: readonly AnyHandler[];
  readonly handlers: readonly AnyHandler[];
  readonly environment: Environment;
}

/** What is served: a running system, and what it was told. */
export interface Served extends LaunchPlan {
  readonly runtime: HostedRuntime;
  readonly feeds: Pick<Feeds, 'problems'>;
  readonly proofs?: HttpOptions['proofs'];
  readonly demos?: HttpOptions['demos'];
}

/** Opens the listeners over a running system. `madeToken` is the operator's token where the environment names none. */
export async function serve(served: Served): Promise<{ http: RunningHttp; madeToken: string | undefined }> {
  const { runtime, settings, found, handlers, feeds, proofs, demos, environment } = served;
  const { runtime: own } = settings;
  const adminToken = own.adminToken ?? randomBytes(18).toString('base64url');
  const madeToken = own.adminToken === undefined ? adminToken : undefined;
  const operations = new Map(
    runtime.hosts.map((host) => {
      const lanes = lanesOf(handlers, host.portfolio, (handler) => host.overridesOf(handler));
      return [
        host.portfolio,
        operationsOn(host.line.redis, host.portfolio, {
          handlers: found,
          lanes,
          environment: cleanEnvironment(environment),
          exposureNow: exposureKept(runtime, host.portfolio, found),
          limits: own.activation,
        }),
      ];
    }),
  );
  const http = await startHttp(runtime, {
    host: own.httpHost,
    ports: own.ports,
    adminToken,
    adminTokenMade: own.adminToken === undefined,
    viewerToken: own.viewerToken,
    traderTokens: own.traderTokens,
    agentsMayKill: own.agentsMayKill,
    consoleReadOnly: own.consoleReadOnly,
    trustedProxies: own.trustedProxies,
    allowedHosts: own.allowedHosts,
    gates: gatesOf(handlers),
    p28TestMode: own.p28TestMode,
    operationsOf: (portfolio) => operations.get(portfolio) as Operations,
    known: knownOf(served),
    queues: queuesOf(runtime),
    feedProblems: () => feeds.problems(),
    ...(proofs !== undefined && { proofs }),
    demos,
  });
  return { http, madeToken };
}

/** The gates of these handlers. */
export function gatesOf(handlers: readonly AnyHandler[]): readonly string[] {
  return [...new Set(handlers.map((handler) => handler.gate))];
}

/** Each once: portfolios of one server share theirs. */
function queuesOf({ hosts }: HostedRuntime): HttpOptions['queues'] {
  const queues = new Map<unknown, HttpOptions['queues'][number]>();
  for (const host of hosts) {
    const queue = host.queue();
    if (queue !== undefined && !queues.has(queue)) queues.set(queue, { portfolio: host.portfolio, queue });
  }
  return [...queues.values()];
}

/** What is known of the handlers that run anywhere, for looks at a running system. */
export function knownOf({ runtime, settings, found }: Pick<Served, 'runtime' | 'settings' | 'found'>): Known {
  const everywhere = handlersToRun([], found, settings.feeds.feeds);
  const lanes = new Map(
    runtime.hosts.map((host) => {
      const own = lanesOf(everywhere, host.portfolio, (handler) => host.overridesOf(handler));
      return [host.portfolio.prefix, own];
    }),
  );
  const lanesIn = ({ prefix }: Portfolio) => lanes.get(prefix) ?? [];
  return { handlers: found, environment: settings.texts, feeds: settings.feeds, lanesOf: lanesIn };
}

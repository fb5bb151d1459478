import { Activities } from '../../desk/overview/activity.ts';
import { overviewsOf } from '../../desk/overview/index.ts';
import type { GateReport } from '../../desk/report/index.ts';
import type { Runtime } from '../../engine/status/types.ts';
import { Access } from './access.ts';
import { LiveStreams } from './console/live/streams.ts';
import { Sessions } from './console/sessions.ts';
import type { HttpContext, HttpOptions, ShownDemo } from './context.ts';
import { OpenAsks } from './open-asks.ts';
import { lastOf, type Query } from './parameters.ts';
import { SharedWork } from './shared-work.ts';
import { WrongTokens } from './wrong-tokens.ts';

/** How long a report is kept for others who ask for the same, and how long somebody waits for one, ms. */
const REPORT_TIMES = { keepMs: 10_000, waitMs: 20_000 };

/** The context of the first portfolio served. */
export function httpContextOf(runtime: Runtime, options: HttpOptions): HttpContext {
  const [portfolio] = runtime.portfolios;
  if (portfolio === undefined) throw new Error('expected at least one portfolio to serve, got none');
  const sessions = new Sessions({ runtime, portfolio }, options);
  const access = new Access(options, sessions, new WrongTokens(runtime, options.trustedProxies ?? []));
  const overviewOf = overviewsOf(runtime, options.known, options.checkedEveryMs);
  const live = new LiveStreams(runtime, options.known, overviewOf);
  const shadowReports = new Map(
    runtime.portfolios.map(({ prefix }) => [prefix, new SharedWork<GateReport>(REPORT_TIMES)]),
  );
  const permits = new OpenAsks();
  const activities = new Activities((one) => runtime.redisOf(one));
  const about = { live, overviewOf, activities, shadowReports };
  return { runtime, options, portfolio, access, sessions, permits, ...about };
}

const demoContexts = new WeakMap<ShownDemo, HttpContext>();

/** The context of what is only looked at: that of a demo where `?portfolio=` names one that runs here. No change is made with it. */
export function lookedAt(context: HttpContext, query: unknown): HttpContext {
  const prefix = lastOf((query as Query).portfolio);
  const shown = prefix === undefined ? undefined : context.options.demos?.shown(prefix);
  if (shown === undefined) return context;
  const known = demoContexts.get(shown) ?? demoContext(context, shown);
  demoContexts.set(shown, known);
  return known;
}

/** Who asks is known as ever; what is shown is the demo's alone. */
function demoContext({ options, sessions, access, permits }: HttpContext, shown: ShownDemo): HttpContext {
  const { known, operationsOf, ending } = shown;
  const own = httpContextOf(shown.runtime, { ...options, known, operationsOf, demos: undefined });
  ending.addEventListener('abort', () => own.live.close(), { once: true });
  return { ...own, sessions, access, permits };
}

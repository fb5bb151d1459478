import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ServedThere } from '../../../handlers/contract/listener.ts';
import type { DemoNow, DemoRun } from '../../../schemas/api/demo.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import type { Operations } from '../../desk/operations/operations.ts';
import type { Activities } from '../../desk/overview/activity.ts';
import type { ProofRuns } from '../../desk/prove/runs.ts';
import type { GateReport } from '../../desk/report/index.ts';
import type { Change } from '../../engine/commit/operation.ts';
import type { Runtime } from '../../engine/status/types.ts';
import type { Known } from '../../engine/streams/known.ts';
import type { FeedProblem } from '../../market/feeds/portfolio-feeds.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Ports } from '../../settings/ports.ts';
import type { TraderToken } from '../../settings/traders.ts';
import type { Access } from './access.ts';
import type { LiveStreams } from './console/live/streams.ts';
import type { Sessions } from './console/sessions.ts';
import { HttpError } from './errors.ts';
import type { OpenAsks } from './open-asks.ts';
import type { Query } from './parameters.ts';
import type { SharedWork } from './shared-work.ts';

const REDIS_DEADLINE_MS = 2_000;
const PING_DEADLINE_MS = 1_000;

/** The queue of a portfolio. */
export interface PortfolioQueue {
  readonly portfolio: Portfolio;
  readonly queue: Queue;
}

/** What is hosted for the time of a proof. */
interface Proofs {
  /** What runs on the scratch portfolio of this prefix. */
  runtimeOf(prefix: string): Runtime | undefined;
  /** Who asks for permits on a scratch portfolio with this token. */
  traderOf(token: string): TraderToken | undefined;
  /** The proofs that are made here because somebody asked for them. */
  readonly runs: ProofRuns;
}

/** What runs on the portfolio of a demo, and what is shown of it. */
export interface ShownDemo extends Pick<HttpOptions, 'known' | 'operationsOf'> {
  readonly runtime: Runtime;
  /** Given once it ends. */
  readonly ending: AbortSignal;
}

/** Demo months that are begun over HTTP, each on a portfolio of its own. */
export interface Demos {
  /** The demo of this prefix; undefined where it does not run in this process. */
  shown(prefix: string): ShownDemo | undefined;
  /** How the demo of a portfolio stands, and why none can be begun. */
  now(redis: Redis, portfolio: Portfolio): Promise<DemoNow>;
  /** Begins one; throws a `Refusal` where none may be begun. */
  begin(portfolio: Portfolio, change: Change): Promise<DemoRun>;
  /** Asks for the end of the one that stands; throws a `Refusal` where none does. */
  askToEnd(redis: Redis, portfolio: Portfolio, change: Change): Promise<DemoRun>;
}

/** What the HTTP side needs to know besides the runtime. */
export interface HttpOptions {
  /** `HTTP_HOST`. */
  readonly host: string;
  readonly ports: Ports;
  /** `ADMIN_TOKEN`, else one made for this process: there is always one. */
  readonly adminToken: string;
  /** Whether that token was made for this process, and the next start will make another. */
  readonly adminTokenMade?: boolean;
  /** `VIEWER_TOKEN`: may look, and change nothing. */
  readonly viewerToken?: string | undefined;
  /** `TRADER_TOKENS` and `AGENT_TOKENS`: each asks for permits in the name of one strategy. */
  readonly traderTokens?: readonly TraderToken[];
  /** `MCP_ALLOW_KILL`: whether a token of an agent may turn the kill switch on. */
  readonly agentsMayKill?: boolean;
  /** `CONSOLE_READ_ONLY`: nobody may change anything by a session. */
  readonly consoleReadOnly?: boolean;
  /** `TRUSTED_PROXIES`: what they say of who asks (`X-Forwarded-For`) is believed, and nobody else. */
  readonly trustedProxies?: readonly string[];
  /** `ALLOWED_HOSTS`: names in a Host header that are ours, beside `host`. */
  readonly allowedHosts?: readonly string[];
  /** Folder of the console's built page; default: where the build puts it. */
  readonly pageFolder?: string;
  /** The gates this process runs; the listeners and routes of others are not opened. */
  readonly gates: readonly string[];
  /** `P28_TEST_MODE`. */
  readonly p28TestMode: boolean;
  /** What operators do to a portfolio (`operationsOn`), for the routes under `/v1`. */
  readonly operationsOf: (portfolio: Portfolio) => Operations;
  /** What is known of the gates, those that do not run here among them. */
  readonly known: Known;
  /** How long an overview keeps what asks much of Redis, ms; five seconds where nothing is said. */
  readonly checkedEveryMs?: number;
  /** The BullMQ queues that `/queues` shows. */
  readonly queues: readonly PortfolioQueue[];
  /** What this process hosts for the time of a proof. */
  readonly proofs?: Proofs;
  /** The demo months that are played and shown here. */
  readonly demos?: Demos | undefined;
  /** The feeds that are not fresh (`Feeds`); none where no feed is configured. */
  readonly feedProblems?: () => readonly FeedProblem[];
  /** Mean event-loop delay above which requests get 503; default 250 ms. */
  readonly maxEventLoopDelayMs?: number;
}

/** A portfolio of a running system. */
export interface PortfolioContext {
  readonly runtime: Runtime;
  /** The portfolio whose state is shown and changed: the one that a request names, else the first one served. */
  readonly portfolio: Portfolio;
}

/** What every route works with. */
export interface HttpContext extends PortfolioContext {
  readonly options: HttpOptions;
  /** Who a request is, and what it may do. */
  readonly access: Access;
  /** Who is signed in to the console. */
  readonly sessions: Sessions;
  /** What the gates of each portfolio did. */
  readonly activities: Activities;
  /** The overview of a portfolio now. */
  readonly overviewOf: (portfolio: Portfolio) => Promise<Overview>;
  /** The asks for permits that wait for their answers. */
  readonly permits: OpenAsks;
  /** The live streams that are open. */
  readonly live: LiveStreams;
  /** The reports of each portfolio, by its prefix; one is made at a time. */
  readonly shadowReports: ReadonlyMap<string, SharedWork<GateReport>>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What it is among what a gate's own listener may answer; without it only the main one has it. */
    servedThere?: ServedThere;
    /** Set on routes that answer under pressure too. */
    pressureHandler?: () => void;
  }
}

/** Route configuration: answers while the event loop is late, because watching (and stopping) must work then too. */
export const underPressureToo = { pressureHandler: () => undefined };

/** Asks Redis something; answers 503 at once while it is down, and after `deadlineMs` without a reply. */
export async function askRedis<T>(
  { runtime, portfolio }: PortfolioContext,
  ask: (redis: Redis) => Promise<T>,
  deadlineMs = REDIS_DEADLINE_MS,
): Promise<T> {
  if (!runtime.redisUp(portfolio))
    throw new HttpError(503, 'expected a connected Redis, got none; it is being reconnected');
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = new HttpError(503, `expected Redis to answer within ${deadlineMs} ms, got nothing yet`);
    timer = setTimeout(() => reject(late), deadlineMs);
  });
  try {
    return await Promise.race([ask(runtime.redisOf(portfolio)), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether Redis answers within a second: a connection that stands and says nothing is as good as none. */
export async function redisAnswers(context: HttpContext): Promise<boolean> {
  const answer = askRedis(context, (redis) => redis.ping(), PING_DEADLINE_MS);
  return await answer.then(
    () => true,
    () => false,
  );
}

/** Whether Redis answers for every portfolio served. */
export async function redisAnswersForAll(context: HttpContext): Promise<boolean> {
  const { portfolios } = context.runtime;
  const answers = await Promise.all(portfolios.map((portfolio) => redisAnswers({ ...context, portfolio })));
  return answers.every((answered) => answered);
}

/** The context of the portfolio that `?portfolio=` names, without it that of the first one served. One that is not served is a 400 that names those that are. */
export function contextFor(context: HttpContext, query: unknown): HttpContext {
  const given = (query as Query).portfolio;
  if (given === undefined) return context;
  const prefix = typeof given === 'string' ? given : given.at(-1);
  const portfolio = context.runtime.portfolios.find((one) => one.prefix === prefix);
  if (portfolio !== undefined) return { ...context, portfolio };
  throw new HttpError(400, `portfolio: expected ${servedBy(context)}, got ${quoted(prefix ?? '')}`);
}

/** The same for what is only shown, which may also be the scratch portfolio of a proof that runs: with its own lanes and metrics. */
export function contextShown(context: HttpContext, query: unknown): HttpContext {
  const given = (query as Query).portfolio;
  const prefix = typeof given === 'string' ? given : given?.at(-1);
  const scratch = prefix === undefined ? undefined : context.options.proofs?.runtimeOf(prefix);
  const [portfolio] = scratch?.portfolios ?? [];
  if (scratch === undefined || portfolio === undefined) return contextFor(context, query);
  return { ...context, runtime: scratch, portfolio };
}

/** The context of the one portfolio that a change is for: where several are served, one that is not named is a 400. */
export function contextNamed(context: HttpContext, query: unknown): HttpContext {
  if ((query as Query).portfolio !== undefined || context.runtime.portfolios.length === 1)
    return contextFor(context, query);
  throw new HttpError(400, `portfolio: expected ?portfolio= with ${servedBy(context)} for a change, got none`);
}

function servedBy({ runtime }: HttpContext): string {
  return alternatives(runtime.portfolios.map(({ prefix }) => prefix));
}

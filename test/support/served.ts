import type { FastifyInstance } from 'fastify';
import { buildApp } from '../../runtime/doors/http/app.ts';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { handlersToRun } from '../../runtime/settings/load.ts';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import { EngineRig, type Sent } from './engine-rig.ts';
import { httpContext, knownOf, WITH_TOKEN } from './http.ts';
import { startRedis, until } from './redis.ts';
import { entriesOf, startSystem, type TestSystem } from './system.ts';

/** So that no test waits for the next look at what asks much of Redis. */
export const CHECKED_EVERY_MS = 100;
/** What a test says of the account counts for as long as the test runs. */
const LASTING = { GOV_STATE_MAX_AGE_SEC: '86400' };

/** An answer of the app. */
export interface Answered {
  readonly code: number;
  readonly body: Record<string, unknown> & { readonly message?: string };
}

/** All gates on a real Redis with the HTTP of the whole process, and what a test says to them. */
export class ServedRig extends EngineRig {
  readonly system: TestSystem;
  readonly app: FastifyInstance;

  private constructor(redis: EngineRig['redis'], system: TestSystem, app: FastifyInstance) {
    super(redis);
    this.system = system;
    this.app = app;
  }

  /** Starts Redis, the gates without schedules, and the app; `env` is the environment of all. */
  static async start(
    env: Record<string, string> = {},
    portfolios?: readonly Portfolio[],
    different: Partial<HttpOptions> = { checkedEveryMs: CHECKED_EVERY_MS },
  ): Promise<ServedRig> {
    const redis = await startRedis();
    const system = await startSystem(redis, {
      env: { ...LASTING, ...env },
      ...(portfolios !== undefined && { portfolios }),
    });
    const { runtime } = system;
    const handlers = await loadHandlers();
    const known = knownOf(handlers, env, handlersToRun([], handlers));
    const context = await httpContext(runtime, { known, ...different });
    return new ServedRig(redis, system, await buildApp(context));
  }

  /** Asks a route of `/v1` with the admin token. */
  async get(path: string): Promise<Answered> {
    const response = await this.app.inject({ url: `/v1${path}`, headers: WITH_TOKEN });
    return { code: response.statusCode, body: response.json() };
  }

  /** Posts to a route of `/v1` with the admin token. */
  async post(path: string, payload: object): Promise<Answered> {
    const response = await this.app.inject({ method: 'POST', url: `/v1${path}`, payload, headers: WITH_TOKEN });
    return { code: response.statusCode, body: response.json() };
  }

  /** The account, as a producer writes it now. */
  async account(equity_usd = '10000', drawdown = '2.5'): Promise<void> {
    const timestamp = String(await this.now());
    await this.client.hset('quantum:state:portfolio', { equity_usd, drawdown, timestamp });
  }

  /** A position, as a producer reports it now; a quantity below 0 is short. */
  async position(symbol: string, qty: number, markPrice: number, sigma = '0.1'): Promise<void> {
    await this.add('position.snapshot', {
      symbol,
      side: qty < 0 ? 'SHORT' : 'LONG',
      position_qty: String(Math.abs(qty)),
      position_notional_usd: String(Math.abs(qty) * markPrice),
      mark_price: String(markPrice),
      sigma,
      timestamp: String(await this.now()),
    });
  }

  /** Adds an entry to a stream of the first portfolio, and answers its id. */
  override async add(stream: string, fields: Sent): Promise<string> {
    return await super.add(`quantum:stream:${stream}`, fields);
  }

  /** Triggers a scheduled handler once, and waits until it has been judged. */
  async tick(handler: string): Promise<void> {
    const fields = { tick_id: `t${performance.now()}`, scheduled_ms: String(Date.now()) };
    await this.judged(handler, `tick.${handler}`, await this.add(`tick.${handler}`, fields));
  }

  /** A full close of a symbol goes through the heat gate. */
  async exit(plan_id: string, symbol: string, action = 'FULL_CLOSE'): Promise<void> {
    const id = await this.add('harvest.proposal', { plan_id, symbol, action, reason: 'take_profit' });
    await this.judged('heat-gate', 'harvest.proposal', id);
  }

  /** An order plan goes through the governor. */
  async plan(plan_id: string, symbol: string, fields: Record<string, string> = {}): Promise<void> {
    const entry = { plan_id, symbol, action: 'OPEN', side: 'BUY', qty: '0.001', price: '1000', ...fields };
    await this.judged('governor', 'apply.plan', await this.add('apply.plan', entry));
  }

  /** Waits until a handler has acknowledged an entry. */
  async judged(handler: string, stream: string, id: string): Promise<void> {
    const key = `quantum:stream:${stream}`;
    const { group } = this.system.runtime.lanes().find((lane) => lane.handler === handler) ?? { group: '' };
    await until(`${handler} to finish ${id}`, async () => {
      const groups = (await this.client.xinfo('GROUPS', key)) as unknown[][];
      const own = groups.find((one) => one[one.indexOf('name') + 1] === group) ?? [];
      const [delivered, pending] = [own[own.indexOf('last-delivered-id') + 1], own[own.indexOf('pending') + 1]];
      const [reached] = await this.client.xrange(key, id, String(delivered ?? '0-0'), 'COUNT', 1);
      return reached !== undefined && pending === 0;
    });
  }

  /** The entries of the ledger, oldest first. */
  async ledger() {
    return await entriesOf(this.client, 'quantum:stream:ops.ledger');
  }

  /** Stops the app, the gates and Redis. */
  override async stop(): Promise<void> {
    await this.app.close();
    await this.system.stop();
    await super.stop();
  }
}

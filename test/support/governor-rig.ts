import type { AnyHandler } from '../../handlers/contract/handler.ts';
import cooldownExpiry from '../../handlers/cooldown-expiry.ts';
import governor from '../../handlers/governor/index.ts';
import governorResults from '../../handlers/governor-results.ts';
import governorWatch from '../../handlers/governor-watch.ts';
import { EngineRig } from './engine-rig.ts';
import { startRedis, until } from './redis.ts';
import type { SystemOptions, TestSystem } from './system.ts';

const PLANS = 'quantum:stream:apply.plan';
const EVENTS = 'quantum:stream:governor.events';

/** What a test says of the account counts for as long as the test runs. */
const LASTING = { GOV_STATE_MAX_AGE_SEC: '86400' };

/** A permit or a block as it stands in Redis. */
export interface StoredVerdict {
  readonly reason?: string;
  readonly granted?: boolean;
  readonly checks: readonly { readonly gate: string; readonly value: unknown; readonly verdict: string }[];
  readonly [field: string]: unknown;
}

/** The handlers of the governor on a real Redis of their own, whose account is flat and known until a test says otherwise. */
export class GovernorRig extends EngineRig {
  /** Starts the Redis alone. */
  static async start(): Promise<GovernorRig> {
    const rig = new GovernorRig(await startRedis());
    await rig.account();
    return rig;
  }

  /** Says how many positions the account has, now. */
  async account(positions = 0): Promise<void> {
    const state = { equity_usd: '10000', positions_count: String(positions), timestamp: String(await this.now()) };
    await this.client.hset('quantum:state:portfolio', state);
  }

  /** Starts one worker. */
  async worker({ env, ...options }: Omit<SystemOptions, 'handlers'> = {}): Promise<TestSystem> {
    const handlers = [governor, governorResults, governorWatch, cooldownExpiry] as unknown as AnyHandler[];
    return await this.begin({ handlers, env: { ...LASTING, ...env }, ...options });
  }

  /** Sends a plan: an OPEN of 100 dollars in BTCUSDT but for what `fields` say. */
  async send(planId: string, fields: Readonly<Record<string, string | Buffer>> = {}): Promise<string> {
    const plan = { plan_id: planId, symbol: 'BTCUSDT', action: 'OPEN', side: 'BUY', qty: '1', price: '100', ...fields };
    return await this.add(PLANS, plan);
  }

  /** Reports a position as its publisher does, now. */
  async snapshot(symbol: string, fields: Readonly<Record<string, string>>): Promise<void> {
    const entry = { symbol, timestamp: String(await this.now()), ...fields };
    await this.add('quantum:stream:position.snapshot', entry);
  }

  /** The events so far, oldest first; of one name where one is given. */
  async events(name?: string): Promise<Readonly<Record<string, string>>[]> {
    const all = await this.entries(EVENTS);
    return name === undefined ? all : all.filter((fields) => fields.event === name);
  }

  /** Waits for the answer to a plan: its block's reason, or `permit`. */
  async verdict(planId: string): Promise<string> {
    const found = await until(`an answer to ${planId}`, () => this.stored(planId));
    return found.granted === true ? 'permit' : String(found.reason);
  }

  /** The permit, else the block of a plan. */
  async stored(planId: string): Promise<StoredVerdict | undefined> {
    const [permit, block] = await this.client.mget(`quantum:permit:${planId}`, `quantum:governor:block:${planId}`);
    const text = permit ?? block ?? undefined;
    return text === undefined ? undefined : (JSON.parse(text) as StoredVerdict);
  }

  /** The plan ids that reserve something. */
  async reserved(): Promise<string[]> {
    return (await this.client.hkeys('quantum:governor:reserved')).sort();
  }
}

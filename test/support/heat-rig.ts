import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import type { Fields } from '../../schemas/wire.ts';
import { EngineRig, type Sent } from './engine-rig.ts';
import { startRedis, type TestRedis, until } from './redis.ts';
import { metricOf, type SystemOptions, type TestSystem } from './system.ts';

export const PROPOSALS = 'quantum:stream:harvest.proposal';
export const CALIBRATED = 'quantum:stream:harvest.calibrated';
export const HEAT_DECISIONS = 'quantum:stream:harvest.heat.decision';
export const SNAPSHOTS = 'quantum:stream:position.snapshot';
export const STATE = 'quantum:state:portfolio';

/** Bytes that are no UTF-8. */
export const NOT_UTF8 = Buffer.from([0xff, 0xfe, 0x00, 0x80]);

/** The heat gate and HeatBridge on a real Redis, and what a test says to them and asks of them. */
export class HeatRig extends EngineRig {
  system: TestSystem | undefined;
  readonly #handlers: readonly AnyHandler[];
  #plans = 0;

  readonly #timings: SystemOptions['timings'];

  private constructor(redis: TestRedis, handlers: readonly AnyHandler[], timings: SystemOptions['timings']) {
    super(redis);
    this.#handlers = handlers;
    this.#timings = timings;
  }

  /** Starts a Redis; no worker yet. `timings` are the waits of its workers. */
  static async start(timings?: SystemOptions['timings']): Promise<HeatRig> {
    const found = await loadHandlers();
    const handlers = found.filter(({ gate }) => gate === 'heat-gate' || gate === 'heat-bridge');
    return new HeatRig(await startRedis(), handlers, timings);
  }

  /** An empty Redis with a new worker on it, in enforce unless `env` says otherwise. */
  async anew(env: Record<string, string> = {}): Promise<void> {
    await this.stopWorker();
    await this.client.flushall();
    await this.worker(env);
  }

  /** A worker on what is there. */
  async worker(env: Record<string, string> = {}): Promise<void> {
    const all = { P26_MODE: 'enforce', ...env };
    this.system = await this.begin({ handlers: this.#handlers, env: all, timings: this.#timings });
  }

  async stopWorker(): Promise<void> {
    await this.stopWorkers();
    this.system = undefined;
  }

  /** The calibrated entry of a good full close of ETHUSDT that is written now. */
  async judged(fields: Sent = {}): Promise<Fields> {
    this.#plans += 1;
    const planId = `good${this.#plans}`;
    await this.add(PROPOSALS, { plan_id: planId, symbol: 'ETHUSDT', action: 'FULL_CLOSE', ...fields });
    return await until(`${planId} to be calibrated`, async () =>
      (await this.entries(CALIBRATED)).find((one) => one.plan_id === planId),
    );
  }

  /** A portfolio of 10,000 dollars with 1,800 dollars of ETHUSDT at a volatility of 0.15: heat 0.027. */
  async calm(): Promise<void> {
    await this.client.hset(STATE, { equity_usd: '10000' });
    await this.snapshot({ position_notional_usd: '1800', sigma: '0.15' });
  }

  /** A snapshot, of ETHUSDT unless the fields say otherwise. */
  async snapshot(fields: Sent): Promise<void> {
    await this.add(SNAPSHOTS, { symbol: 'ETHUSDT', ...fields });
  }

  async exists(key: string): Promise<boolean> {
    return (await this.client.exists(key)) === 1;
  }

  async metric(series: string): Promise<number> {
    return this.system === undefined ? 0 : await metricOf(this.system, series);
  }
}

import type { Redis } from 'ioredis';
import type { Outcome } from '../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { ENGINE_TIMINGS } from '../../runtime/engine/status/timings.ts';
import { type Asked, hasMoved, isCalm, valuesOf } from './alert-condition.ts';
import { runCli } from './cli.ts';
import { type FeedsRig, startFeedsRig } from './feeds-rig.ts';
import { startRedis, type TestRedis, until } from './redis.ts';
import { type SystemOptions, startSystem, type TestSystem } from './system.ts';

/** A system in which the cause of an alert is made, and what its families said before. */
export class AlertWorld {
  readonly #asked: readonly Asked[];
  readonly #timings: SystemOptions['timings'];
  #redis: TestRedis | undefined;
  #rig: FeedsRig | undefined;
  #system: TestSystem | undefined;
  #ticks = 0;
  #before: readonly (readonly number[])[] = [];

  /** The system's waits are the product's own, unless `timings` say otherwise. */
  constructor(asked: readonly Asked[], timings: SystemOptions['timings'] = ENGINE_TIMINGS) {
    this.#asked = asked;
    this.#timings = timings;
  }

  /** Starts a Redis, with no system yet. */
  async open(): Promise<Redis> {
    this.#redis = await startRedis();
    return this.#redis.client;
  }

  get client(): Redis {
    return this.#server.client;
  }

  get #server(): TestRedis {
    const redis = this.#redis ?? this.#rig?.redis;
    if (redis === undefined) throw new Error('expected a Redis');
    return redis;
  }

  /** Starts the system and waits until nothing is amiss. */
  async start(options: SystemOptions = {}): Promise<void> {
    if (this.#redis === undefined) await this.open();
    this.#system = await startSystem(this.#server, { timings: this.#timings, ...options });
    await this.#calm();
    await this.started();
  }

  /** The same, of a system whose feeds ask a local exchange. */
  async startFeeds(env: Readonly<Record<string, string>>): Promise<FeedsRig> {
    this.#rig = await startFeedsRig(env, this.#timings);
    this.#system = this.#rig.system;
    await this.#calm();
    await this.started();
    return this.#rig;
  }

  /** Called when nothing is amiss yet, and before the cause is made. */
  protected async started(): Promise<void> {}

  /** Starts another system on what is there: all that it counts from its first moment on has moved. */
  async startAgain(options: SystemOptions = {}): Promise<void> {
    this.#system = await startSystem(this.#server, { timings: this.#timings, ...options });
    this.#before = [];
  }

  /** What the system says of itself; empty without one. */
  async exposition(): Promise<string> {
    return (await this.#system?.runtime.metrics.exposition()) ?? '';
  }

  async #calm(): Promise<void> {
    await until('nothing to be amiss', async () => {
      const values = await this.#values();
      this.#before = values;
      return this.#asked.every((one, at) => isCalm(one, values[at] ?? []));
    });
  }

  /** Waits until all that the alert asks for has moved. */
  async moved(atLeast?: number): Promise<void> {
    const what = this.#asked.map(({ family }) => family).join(' and ');
    await until(`${what} to move`, async () => {
      const values = await this.#values();
      return this.#asked.every((one, at) => hasMoved(one, this.#before[at] ?? [], values[at] ?? [], atLeast));
    });
  }

  async #values(): Promise<readonly (readonly number[])[]> {
    const text = await this.exposition();
    return this.#asked.map((one) => valuesOf(text, one));
  }

  async add(stream: string, fields: Readonly<Record<string, string>>, id = '*'): Promise<void> {
    await this.client.xadd(`quantum:stream:${stream}`, id, ...Object.entries(fields).flat());
  }

  /** Adds entries that were written so many seconds ago. */
  async addAged(stream: string, secondsAgo: number, count: number, fields: Readonly<Record<string, string>>) {
    const fromMs = ((await this.nowSec()) - secondsAgo) * 1000;
    for (let at = 0; at < count; at += 1)
      await this.add(stream, { ...fields, plan_id: `p${at}` }, `${fromMs}-${at + 1}`);
  }

  /** Unix seconds by Redis's clock. */
  async nowSec(): Promise<number> {
    return Number((await this.client.time())[0]);
  }

  /** Says what the portfolio is worth, as of so many seconds ago. */
  async state(ageSec = 0): Promise<void> {
    const timestamp = String((await this.nowSec()) - ageSec);
    await this.client.hset('quantum:state:portfolio', {
      equity_usd: '10000',
      drawdown: '0',
      positions_count: '0',
      timestamp,
    });
  }

  /** Reports a position of 1,800 dollars of ETHUSDT at a volatility of 0.15. */
  async position(): Promise<void> {
    const timestamp = String(await this.nowSec());
    const held = { position_notional_usd: '1800', sigma: '0.15', position_qty: '1', side: 'LONG' };
    await this.add('position.snapshot', { symbol: 'ETHUSDT', timestamp, ...held });
  }

  async tick(handler: string): Promise<void> {
    this.#ticks += 1;
    const nowMs = (await this.nowSec()) * 1000;
    await this.add(`tick.${handler}`, { tick_id: `t${this.#ticks}`, scheduled_ms: String(nowMs) });
  }

  /** Runs a command of an operator. */
  async operate(...argv: string[]): Promise<void> {
    const { code, err } = await runCli(this.#server.url, argv);
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${err}`);
  }

  /** Ends Redis as a crash does; the system goes on. */
  killRedis(): void {
    this.#server.process.kill('SIGKILL');
  }

  /** Stops the system alone. */
  async stopSystem(): Promise<void> {
    await this.#system?.stop();
    this.#system = undefined;
  }

  async stop(): Promise<void> {
    if (this.#rig !== undefined) return await this.#rig.stop();
    await this.stopSystem();
    await this.#redis?.stop();
  }
}

/** Handlers of which one judges as `judge` says, around its own judgment. */
export function judgedBy(
  handlers: readonly AnyHandler[],
  name: string,
  judge: (own: () => Outcome) => Promise<Outcome>,
): readonly AnyHandler[] {
  return handlers.map((handler) =>
    handler.name === name
      ? { ...handler, handle: (message, ctx) => judge(() => handler.handle(message, ctx)) as unknown as Outcome }
      : handler,
  );
}

import type { Redis } from 'ioredis';
import { HOUR_MS } from '../../schemas/duration.ts';

const GATE = 'heat-gate';
const DECISIONS = 120;
const CALIBRATED = 'quantum:stream:harvest.calibrated';

/** The key of a gate's policy, of its activation, and of the last rehearsal of its rollback. */
export const POLICY = `quantum:policy:${GATE}`;
export const ACTIVATION = `quantum:portcullis:activation:${GATE}`;
export const REHEARSAL = `quantum:portcullis:rehearsal:${GATE}`;

export const UP_TIME = `quantum:portcullis:up_time:${GATE}`;

/** What a heat gate in shadow shows of itself, on a real Redis: each test takes one thing of that away. */
export class ActivationEvidence {
  readonly #redis: () => Redis;

  constructor(redis: () => Redis) {
    this.#redis = redis;
  }

  get client(): Redis {
    return this.#redis();
  }

  /** So many hours in shadow up to now, a worker that ran all the time, and the decisions of that time: the last `endHours` ago, over `spanHours`. */
  async collected({
    hours = 73,
    decisions = DECISIONS,
    endHours = 0,
    spanHours = undefined as number | undefined,
    symbols = ['ETHUSDT', 'BTCUSDT', 'SOLUSDT'],
    plans = undefined as number | undefined,
    fields = {} as Readonly<Record<string, string>>,
  } = {}): Promise<void> {
    const nowMs = await this.nowMs();
    await this.shadow(nowMs - hours * HOUR_MS);
    await this.up(nowMs, hours);
    for (let at = 0; at < decisions; at += 1) {
      const share = decisions === 1 ? 0 : at / (decisions - 1);
      const atMs = Math.round(nowMs - 1_000 - (endHours + (spanHours ?? 0.999 * hours) * (1 - share)) * HOUR_MS);
      const named = { plan_id: `p-${at % (plans ?? decisions)}`, symbol: symbols[at % symbols.length] ?? '' };
      await this.decision(`${atMs}-${at}`, { ...named, ...fields });
    }
  }

  /** A worker that ran in every minute of so many hours up to now. */
  async up(nowMs: number, hours: number): Promise<void> {
    const hour = Math.floor(nowMs / HOUR_MS);
    const all = Array.from({ length: Math.ceil(hours) + 2 }, (_, back) => [String(hour - back), 'f'.repeat(15)]);
    await this.client.hset(UP_TIME, Object.fromEntries(all));
  }

  /** Shadow mode since a moment, as a start of that time would have left it. */
  async shadow(sinceMs: number): Promise<void> {
    const since = String(Math.floor(sinceMs / 1000));
    const who = { actor: 'environment', reason: 'the default: the environment names none' };
    const policy = { version: 'v0', mode: 'shadow', ...who, since, env_mode: 'shadow', env_settings: '{}' };
    await this.client.hset(POLICY, policy);
    const version = { action: 'environment', version: 'v0', restores: '', mode: 'shadow', settings: '{}', ...who };
    await this.client.xadd(`quantum:stream:policy.history:${GATE}`, `${sinceMs}-0`, ...Object.entries(version).flat());
  }

  /** A decision of the log: a full close at a heat of 0.9 that passed, but for what `fields` say. */
  async decision(id: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    const facts = {
      heat: 0.9,
      bucket: 'HOT',
      equity_usd: 1000,
      thresholds: { heat_min: 0.25, heat_max: 0.65 },
      book: { sigma_missing_count: 0, notional_missing_count: 0 },
    };
    const entry = {
      ...{ verdict: 'PASS', reason: 'portfolio_heat_hot', handler: GATE, portfolio: 'quantum', symbol: 'ETHUSDT' },
      ...{
        plan_id: 'p',
        action: 'FULL_CLOSE',
        mode: 'shadow',
        checks: '[]',
        facts: JSON.stringify(facts),
        input: '{}',
      },
      ...fields,
    };
    await this.client.xadd('quantum:stream:decisions', id, ...Object.entries(entry).flat());
  }

  /** A consumer that reads what the gate writes, now. */
  async reader(): Promise<void> {
    await this.client.xgroup('CREATE', CALIBRATED, 'executor', '0', 'MKSTREAM').catch(() => undefined);
    await this.client.xadd(CALIBRATED, '*', 'plan_id', 'p');
    await this.client.xreadgroup('GROUP', 'executor', 'one', 'COUNT', 1, 'STREAMS', CALIBRATED, '>');
  }

  /** A rehearsal on record. */
  async rehearsed(atMs: number, different: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.client.del(REHEARSAL);
    const record = { at_ms: String(atMs), passed: '1', workers: '1', slowest_ms: '310', missing: '' };
    await this.client.hset(REHEARSAL, { ...record, ...different });
  }

  /** Unix ms by Redis's clock. */
  async nowMs(): Promise<number> {
    const [seconds, micros] = await this.client.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GovernorRig } from '../support/governor-rig.ts';
import { MarketDriver, PRICE } from '../support/market-driver.ts';
import { until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

/** The histories are the same every time; which worker judges what is not. */
const SEED = 11;
const MAX_POSITIONS = 4;
const MAX_TOTAL = 400;
const COOLDOWN_MS = 60;
/** Limits of each of two strategies, beside which others ask that name none. */
const SHARE_PCT = 50;
const STRATEGY_POSITIONS = 2;
const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const ENV = {
  GOV_MAX_OPEN_POSITIONS: String(MAX_POSITIONS),
  GOV_MAX_TOTAL_NOTIONAL_USDT: String(MAX_TOTAL),
  GOV_SYMBOL_COOLDOWN_SECONDS: String(COOLDOWN_MS / 1000),
  GOV_RESERVATION_TTL_SEC: '86400',
  GOV_STRATEGY_MAX_SHARE_PCT: `a:${SHARE_PCT},b:${SHARE_PCT}`,
  GOV_STRATEGY_MAX_POSITIONS: `a:${STRATEGY_POSITIONS},b:${STRATEGY_POSITIONS}`,
};

/** A strategy takes all that it may, and asks for more: however fast the workers are, that is seen. */
const OPENING = [
  { symbol: 'A', qty: 2, strategy: 'a', repeat: -1 },
  { symbol: 'B', qty: 1, strategy: 'a', repeat: -1 },
];

type Step = (market: MarketDriver, workers: Workers) => Promise<void>;

/** Two workers, of which one may be replaced at any time. */
class Workers {
  readonly #rig: GovernorRig;
  #running: Awaited<ReturnType<GovernorRig['worker']>>[] = [];
  #started = 0;

  constructor(rig: GovernorRig) {
    this.#rig = rig;
  }

  async start(): Promise<void> {
    this.#started += 1;
    this.#running.push(await this.#rig.worker({ env: ENV, workerName: `worker-${this.#started}` }));
  }

  async replaceOne(): Promise<void> {
    const oldest = this.#running.shift();
    await Promise.all([oldest?.stop(), this.start()]);
  }
}

const order = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  qty: fc.constantFrom(0.5, 1, 1.5, 2),
  strategy: fc.constantFrom('a', 'b', undefined),
  repeat: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(60) }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(order, { minLength: 1, maxLength: 8 }).map(
      (sent): Step =>
        (market) =>
          market.send(sent),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 4 }).map(
      (count): Step =>
        (market) =>
          market.take(count),
    ),
  },
  { weight: 6, arbitrary: fc.constant<Step>((market) => market.fill()) },
  { weight: 2, arbitrary: fc.constant<Step>((market) => market.reject()) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...SYMBOLS).map(
      (symbol): Step =>
        (market) =>
          market.close(symbol),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((_market, workers) => workers.replaceOne()) },
);

interface Permit {
  readonly planId: string;
  readonly symbol: string;
  readonly sourceId: string;
  readonly committedMs: number;
}

/** The permits of the decision log, in the order in which they were committed. */
async function permitsOf(rig: GovernorRig): Promise<Permit[]> {
  const log = await entriesOf(rig.client, 'quantum:stream:decisions');
  const permits = log.filter(({ fields }) => fields.handler === 'governor' && fields.verdict === 'PERMIT');
  return permits.map(({ id, fields }) => ({
    planId: fields.plan_id ?? '',
    symbol: fields.symbol ?? '',
    sourceId: fields.source_id ?? '',
    committedMs: Number.parseInt(id, 10),
  }));
}

/** Judges the whole log again, one permit after the other, by what was reserved or held for certain when it was given. */
function expectCapsHeld(permits: readonly Permit[], market: MarketDriver): void {
  const plans = new Map(market.plans.map((plan) => [plan.planId, plan]));
  for (const [at, permit] of permits.entries()) {
    const counted = permits.slice(0, at + 1).flatMap(({ planId }) => plans.get(planId) ?? []);
    const alive = counted.filter((plan) => plan.givenBackMs > permit.committedMs);
    const units = alive.reduce((sum, plan) => sum + plan.qty, 0);
    expect(units * PRICE).toBeLessThanOrEqual(MAX_TOTAL);
    expect(new Set(alive.map((plan) => plan.symbol)).size).toBeLessThanOrEqual(MAX_POSITIONS);
    for (const strategy of ['a', 'b']) {
      const own = alive.filter((plan) => plan.strategy === strategy);
      const ownUsd = own.reduce((sum, plan) => sum + plan.qty, 0) * PRICE;
      expect(ownUsd).toBeLessThanOrEqual((MAX_TOTAL * SHARE_PCT) / 100);
      expect(new Set(own.map((plan) => plan.symbol)).size).toBeLessThanOrEqual(STRATEGY_POSITIONS);
    }
  }
}

async function expectCooldownsHeld(rig: GovernorRig, permits: readonly Permit[]): Promise<void> {
  const lastMs = new Map<string, number>();
  for (const { symbol, sourceId } of permits) {
    const judgedMs = Number(await rig.client.zscore('quantum:governor:execs', `${symbol}:${sourceId}`));
    expect(judgedMs - (lastMs.get(symbol) ?? 0)).toBeGreaterThanOrEqual(COOLDOWN_MS);
    lastMs.set(symbol, judgedMs);
  }
}

async function play(steps: readonly Step[], seen: Map<string, number>): Promise<void> {
  const rig = await GovernorRig.start();
  try {
    await rig.account(1);
    const [market, workers] = [new MarketDriver(rig), new Workers(rig)];
    await Promise.all([workers.start(), workers.start()]);
    const answered = () =>
      until('every plan answered', async () => (await rig.events()).filter(isAnswer).length >= market.sent);
    for (const one of OPENING) await market.send([one]).then(answered);
    for (const one of steps) await one(market, workers);
    await answered();
    const events = (await rig.events()).filter(isAnswer);
    expect(events).toHaveLength(market.sent);
    for (const { event, reason } of events) seen.set(`${event} ${reason}`, (seen.get(`${event} ${reason}`) ?? 0) + 1);
    const permits = await permitsOf(rig);
    market.withdrawn(await entriesOf(rig.client, 'quantum:stream:governor.events'));
    expect(new Set(permits.map((permit) => permit.planId)).size).toBe(permits.length);
    expectCapsHeld(permits, market);
    await expectCooldownsHeld(rig, permits);
  } finally {
    await rig.stop();
  }
}

function isAnswer({ event }: Readonly<Record<string, string>>): boolean {
  return event === 'PERMIT' || event === 'BLOCK' || event === 'DUPLICATE';
}

it('two workers exceed no cap of portfolio or strategy together, share no cooldown and give no plan two permits', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120 }), (steps) => play(steps, seen)),
    { numRuns: 4, endOnFailure: true, seed: SEED },
  );
  for (const verdict of [
    'PERMIT ok',
    'BLOCK max_positions_reached',
    'BLOCK total_notional_exceeded',
    'BLOCK symbol_cooldown',
    'BLOCK strategy_positions_reached',
    'BLOCK strategy_notional_exceeded',
  ]) {
    expect(seen.get(verdict) ?? 0, verdict).toBeGreaterThan(0);
  }
  expect(seen.get('DUPLICATE already_permitted') ?? 0).toBeGreaterThan(0);
});

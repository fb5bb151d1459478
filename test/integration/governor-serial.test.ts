import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { SerialWorld } from '../support/serial-world.ts';

/** The histories are the same every time. */
const SEED = 5;
const SYMBOLS = ['A', 'A', 'A', 'B', 'B', 'C', 'D', 'E'];
const SEEN = [
  'PERMIT ok',
  'DUPLICATE already_permitted',
  'IGNORED neutral_action',
  'judged ahead',
  'judged ahead in vain',
  ...[
    'kill_switch_active',
    'plan_expired',
    'reducing_only',
    'disarmed',
    'kill_score_critical',
    'symbol_cooldown',
    'hourly_limit_exceeded',
    'burst_limit_exceeded',
    'permits_per_minute_exceeded',
    'duplicate_order',
    'max_positions_reached',
    'notional_per_trade_exceeded',
    'total_notional_exceeded',
    'caps_data_unavailable',
  ].map((reason) => `BLOCK ${reason}`),
];

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const SWITCHED = [
  ['ACTIVE', true],
  ['ACTIVE', true],
  ['ACTIVE', true],
  ['ACTIVE', false],
  ['REDUCING', true],
  ['HALTED', true],
] as const;

type Step = (world: SerialWorld) => Promise<void> | void;

const who = fc.constantFrom<0 | 1>(0, 1);
const order = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  action: fc.constantFrom('OPEN' as const, 'OPEN' as const, 'OPEN' as const, 'FULL_CLOSE' as const, 'HOLD' as const),
  qty: fc.constantFrom(0.5, 1, 2, 4),
  price: fc.constantFrom(100, 100, 150),
  killScore: fc.constantFrom(0, 0, 0, 0.7999999999, 0.8),
});
type Order = Parameters<SerialWorld['send']>[0];
const repeat = fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(40) });

/** A step of so much weight, made of what an arbitrary gives. */
function doing<T>(
  weight: number,
  arbitrary: fc.Arbitrary<T>,
  step: (world: SerialWorld, value: T) => Promise<void> | void,
) {
  return {
    weight,
    arbitrary: arbitrary.map(
      (value): Step =>
        (world) =>
          step(world, value),
    ),
  };
}

/** What a worker does that is given more plans while it has some to commit. */
async function workAhead(world: SerialWorld, one: 0 | 1, plan: Order, commits: boolean): Promise<void> {
  for (let batch = 0; batch < 2; batch += 1) {
    await world.send(plan, -1);
    await world.deliver(one, 3);
    await world.judge(one);
  }
  for (let batch = 0; commits && batch < 2; batch += 1) await world.commit(one);
}

const steps = fc.oneof(
  doing(10, fc.tuple(order, repeat), (world, [plan, again]) => world.send(plan, again)),
  doing(8, fc.tuple(who, fc.integer({ min: 1, max: 4 })), (world, [one, count]) => world.deliver(one, count)),
  doing(12, who, (world, one) => world.judge(one)),
  doing(12, who, (world, one) => world.commit(one)),
  doing(8, fc.tuple(who, order, fc.boolean()), (world, [one, plan, commits]) => workAhead(world, one, plan, commits)),
  doing(8, fc.constantFrom(1, 9, 10, 10, 11, 60), (world, sec) => world.wait(sec)),
  doing(1, fc.constantFrom(119, 120, 121, 300, 301, 900), (world, sec) => world.wait(sec)),
  doing(3, fc.constant(0), (world) => world.account()),
  doing(3, fc.tuple(fc.constantFrom(...SYMBOLS), fc.constantFrom(0, 0, 1, 2, 4)), (world, [symbol, units]) =>
    world.report(symbol, units),
  ),
  doing(1, fc.constantFrom(true, false, false), (world, on) => world.kill(on)),
  doing(1, fc.constantFrom(...SWITCHED), (world, [state, armed]) => world.state(state, armed)),
  doing(1, fc.nat(9), (world, at) => world.reject(at)),
  doing(1, who, (world, one) => world.claim(one)),
  doing(1, who, (world, one) => world.crash(one)),
);

async function play(program: readonly Step[], seen: Map<string, number>): Promise<void> {
  const world = new SerialWorld(redis);
  try {
    await world.start();
    for (const step of program) await step(world);
    await world.settle();
  } finally {
    world.close();
  }
  for (const [answer, count] of world.seen) seen.set(answer, (seen.get(answer) ?? 0) + count);
}

test('whatever two judges commit between them, judged ahead or not, is what judging one plan after the other gives', async () => {
  const seen = new Map<string, number>();
  const programs = fc.array(steps, { minLength: 60, maxLength: 160 });
  await fc.assert(
    fc.asyncProperty(programs, (program) => play(program, seen)),
    { numRuns: 60, endOnFailure: true, seed: SEED },
  );
  for (const what of SEEN) expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
}, 300_000);

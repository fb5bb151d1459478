import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../handlers/contract/effects.ts';
import type { Read } from '../../handlers/contract/reads.ts';
import watcher from '../../handlers/governor-watch.ts';
import { MINUTE_MS, SECOND_MS } from '../../schemas/duration.ts';
import { keys } from '../../schemas/keys.ts';
import { KEPT_SINCE } from '../../schemas/strategy-use.ts';
import { ALL_SYMBOLS, formatPause, formatStreak } from '../../schemas/trades.ts';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';

const READS: Readonly<Record<string, Read<unknown>>> = watcher.reads({}, watcher.settings.parse({}));
const RUNS = 150;
const STEPS = 40;

/** A world whose watcher is left out while what it rests on is as it was; each turn that would be left out is looked at. */
class RestingWorld extends GovernorWorld {
  leftOut = 0;
  /** Turns that would be left out though something moved. */
  leftOutBeside = 0;
  moved = false;
  #rest: { readonly on: readonly string[]; readonly was: string } | undefined;

  turn(): void {
    const rest = this.#rest;
    const isLeftOut = rest !== undefined && rest.was === this.#held(rest.on);
    const outcome = this.watch();
    if (isLeftOut) {
      this.leftOut += 1;
      if (this.moved) this.leftOutBeside += 1;
      expect(outcome).toMatchObject({ effects: [], counts: [], log: [], more: false });
    }
    this.moved = false;
    this.#rest = restOf(outcome, (on) => this.#held(on));
  }

  /** What the engine looks at: the keys that are named, and the policy. */
  #held(on: readonly string[]): string {
    const facts = on.map((name) => this.factOf(READS[name] as Read<unknown>, undefined));
    if (JSON.stringify(facts).includes('"wrongType":true') || facts.includes(null)) return `${Math.random()}`;
    return JSON.stringify([facts, this.policy, this.candidate, this.mode]);
  }
}

function restOf({ effects, counts = [], log = [], more, restsOn }: Outcome, held: (on: readonly string[]) => string) {
  const isIdle = effects.length === 0 && counts.length === 0 && log.length === 0 && more !== true;
  return isIdle && restsOn !== undefined ? { on: restsOn, was: held(restsOn) } : undefined;
}

const SETTINGS = [
  {},
  { GOV_MAX_DAILY_LOSS_PCT: '5' },
  { GOV_MAX_CONSECUTIVE_LOSSES: '2', GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: '1', GOV_LOSS_PAUSE_SEC: '60' },
  { GOV_STRATEGY_MAX_SHARE_PCT: '*:50' },
  { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_STRATEGY_MAX_POSITIONS: '*:2', GOV_MAX_CONSECUTIVE_LOSSES: '3' },
  { GOV_ENABLE_AUTO_DISARM: 'true', GOV_DISARM_ON_ERROR_COUNT: '2' },
] as const;

type Step = (world: RestingWorld) => void;

const name = fc.constantFrom('BTCUSDT', 'ETHUSDT', ALL_SYMBOLS);
const small = fc.integer({ min: -3, max: 3 });
const aroundSec = fc.constantFrom(-600, -200, -121, -119, -20, 0, 1, 30, 90, 400);

function text(key: string, values: readonly (string | undefined)[]): fc.Arbitrary<Step> {
  return fc.constantFrom(...values).map((value) => (world) => {
    if (value === undefined) world.texts.delete(key);
    else world.texts.set(key, value);
  });
}

function hashed(key: string, fields: fc.Arbitrary<Record<string, string> | undefined>): fc.Arbitrary<Step> {
  return fields.map((value) => (world) => {
    if (value === undefined) world.hashes.delete(key);
    else world.hashes.set(key, value);
  });
}

const gone = fc.constant(undefined);
const garbled = fc.constant({ what: 'nothing that anybody can read' });

const account: fc.Arbitrary<Step> = fc
  .tuple(aroundSec, fc.integer({ min: 8_900, max: 10_100 }), small)
  .map(([sec, equity, count]) => (world) => {
    const timestamp = String(world.nowMs / SECOND_MS + sec);
    const positions_count = String(Math.max(0, count));
    world.hashes.set(keys.portfolioState, { equity_usd: String(equity), positions_count, timestamp });
  });

const positions: fc.Arbitrary<Step> = fc
  .array(fc.record({ symbol: fc.constantFrom('BTCUSDT', 'ETHUSDT'), qty: small, sec: aroundSec }), { maxLength: 2 })
  .map((book) => (world) => {
    const reports = book.map(({ symbol, qty, sec }) => ({
      symbol,
      qty,
      markPrice: 50_000,
      atMs: world.nowMs + sec * SECOND_MS,
    }));
    world.views = { ...world.views, book: reports };
  });

const plans: fc.Arbitrary<Step> = fc
  .record({
    symbol: fc.constantFrom('BTCUSDT', 'ETHUSDT'),
    strategy: fc.constantFrom('', 'trend'),
    action: fc.constantFrom('OPEN_LONG', 'FULL_CLOSE'),
    takes: fc.boolean(),
  })
  .map(({ symbol, strategy, action, takes }) => (world) => {
    const plan_id = world.nextId();
    world.plan({ ...OPEN_PLAN, plan_id, symbol, strategy, action });
    if (takes) world.take(plan_id);
  });

const losses: fc.Arbitrary<Step> = fc
  .tuple(name, fc.integer({ min: 1, max: 4 }), aroundSec)
  .map(([symbol, count, sec]) => (world) => {
    const streak = formatStreak({ losses: count, atMs: world.nowMs + sec * SECOND_MS });
    world.hashes.set(keys.lossStreaks, {
      [ALL_SYMBOLS]: '0:0',
      ...world.hashes.get(keys.lossStreaks),
      [symbol]: streak,
    });
  });

const pauses: fc.Arbitrary<Step> = fc.tuple(name, aroundSec).map(([symbol, sec]) => (world) => {
  const pause = formatPause({ losses: 2, atMs: world.nowMs + sec * SECOND_MS, limit: 2 });
  world.hashes.set(keys.lossPauses, { [symbol]: pause });
});

const fills: fc.Arbitrary<Step> = aroundSec.map((sec) => (world) => {
  const at_ms = world.nowMs + sec * SECOND_MS;
  const fill = { strategy: 'trend', symbol: 'BTCUSDT', qty: 1, notional_usd: 100, at_ms };
  world.hashes.set(keys.strategyUse, { [KEPT_SINCE]: '1', f1: JSON.stringify(fill) });
});

const reservations: fc.Arbitrary<Step> = fc.tuple(small, aroundSec).map(([base_qty, sec]) => (world) => {
  const amounts = { qty: 1, through_qty: 1, notional_usd: 100, through_notional_usd: 100 };
  const times = { created_ms: world.nowMs, expires_ms: world.nowMs + sec * SECOND_MS };
  const base = { base_qty, base_notional_usd: 100 };
  const reservation = { symbol: 'BTCUSDT', side: 'BUY', ...amounts, ...base, ...times };
  world.hashes.set(keys.reserved, { r1: JSON.stringify(reservation) });
});

const errors: fc.Arbitrary<Step> = fc.tuple(fc.nat(3), aroundSec).map(([count, sec]) => (world) => {
  const atMs = world.nowMs + sec * SECOND_MS;
  world.sets.set(keys.governorErrors, new Map(Array.from({ length: count }, (_, at) => [`e${at}`, atMs])));
});

const watchedKeys = [
  ...[keys.kill, keys.killSeen, keys.revokeUntil, keys.strategySince, keys.governorState, keys.dataLost],
  ...[keys.outstanding, keys.governorErrors, keys.reserved, keys.portfolioState, keys.effectProof, keys.lossLatch],
  ...[keys.lossStreaks, keys.lossPauses, keys.lossWarned, keys.lossTrial, keys.strategyUse],
];

const anotherType: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom(...watchedKeys), fc.boolean())
  .map(([key, isWrong]) => (world) => {
    if (isWrong) world.wrong.add(key);
    else world.wrong.delete(key);
  });

const lost = fc.constantFrom<(world: RestingWorld) => void>(
  (world) => world.hashes.set(keys.dataLost, { at: String(world.nowMs), seen: '9', found: '1' }),
  (world) => {
    world.texts.clear();
    world.hashes.clear();
    world.sets.clear();
    world.wrong.clear();
  },
);

const rules: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom(...SETTINGS), fc.constantFrom('policy', 'candidate', 'none', 'mode'), fc.nat(2))
  .map(([settings, what, version]) => (world) => {
    if (what === 'policy') world.policy = { ...settings };
    if (what === 'candidate') world.candidate = { version: `v${version}`, settings: { ...settings } };
    if (what === 'none') world.candidate = undefined;
    if (what === 'mode') world.mode = world.mode === 'testnet' ? 'dry_run' : 'testnet';
  });

const later: fc.Arbitrary<Step> = fc
  .constantFrom(1, 499, SECOND_MS, 2 * SECOND_MS, 10 * SECOND_MS, 61 * SECOND_MS, 121 * SECOND_MS, 5 * MINUTE_MS + 1)
  .map((ms) => (world) => {
    world.nowMs += ms;
  });

const kinds: readonly fc.Arbitrary<Step>[] = [
  ...[account, positions, plans, losses, pauses, reservations, fills, errors, anotherType, lost, rules],
  text(keys.kill, ['1', '0', 'what', undefined]),
  text(keys.killSeen, ['1', '0', undefined]),
  text(keys.revokeUntil, ['1', undefined]),
  text(keys.strategySince, ['1', undefined]),
  hashed(keys.governorState, fc.oneof(gone, fc.constant({ trading_state: 'HALTED', rev: '1' }))),
  hashed(keys.effectProof, gone),
  hashed(keys.reserved, fc.oneof(gone, garbled)),
  hashed(keys.strategyUse, fc.oneof(gone, garbled, fc.constant({ [KEPT_SINCE]: '1' }))),
  ...[keys.dataLost, keys.lossLatch, keys.lossStreaks, keys.lossPauses, keys.lossWarned, keys.lossTrial].map((key) =>
    hashed(key, fc.oneof({ weight: 3, arbitrary: gone }, { weight: 1, arbitrary: garbled })),
  ),
];

/** What happens in one history: a few kinds of things, so that they meet often. */
const histories = fc
  .subarray([...kinds], { minLength: 2, maxLength: 5 })
  .chain((few) => fc.array(fc.oneof(later, ...few), { minLength: STEPS, maxLength: STEPS }));

describe("the governor's watcher", () => {
  it('has nothing to do while what it rests on is as it was, whatever else happens and however late it is', () => {
    const seen = { leftOut: 0, leftOutBeside: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...SETTINGS), histories, (settings, all) => {
        const world = new RestingWorld();
        world.settings = { ...settings };
        for (const one of all) {
          one(world);
          world.moved = true;
          world.turn();
          world.turn();
        }
        seen.leftOut += world.leftOut;
        seen.leftOutBeside += world.leftOutBeside;
      }),
      { numRuns: RUNS },
    );
    expect(seen.leftOutBeside).toBeGreaterThan(RUNS);
    expect(seen.leftOut).toBeGreaterThan(2 * RUNS);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksJson } from '../../../handlers/contract/checks-json.ts';
import governor from '../../../handlers/governor/index.ts';
import { rejudgePlan } from '../../../handlers/governor/record.ts';
import type { DecisionRecord } from '../../../schemas/decision.ts';
import { decisionRecord } from '../../../schemas/decision.ts';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import type { GovernorWorld } from '../../support/governor-world.ts';
import { OPEN_PLAN } from '../../support/governor-world.ts';
import { orderLimits, worldUnder } from '../../support/order-limits.ts';

type Fields = Record<string, string>;

const CAP = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '70' };
const ASK = { ...OPEN_PLAN, qty: '0.002', price: '50000', resize: 'true' };

function asked(settings: Fields, plan: Fields, world: GovernorWorld = worldUnder(settings)) {
  const outcome = world.plan({ ...ASK, ...plan });
  const permit = world.permit('p1');
  return { world, outcome, permit, qty: permit?.computed_qty, reason: world.block('p1')?.reason };
}

describe('a plan that may be resized', () => {
  it('is given the largest size that passes, and says what it asked for', () => {
    const { world, outcome, permit } = asked(CAP, {});
    expect(permit).toMatchObject({ computed_qty: 0.0014, asked_qty: 0.002, computed_notional: 70 });
    expect(JSON.parse(world.hashes.get(keys.reserved)?.p1 ?? '')).toMatchObject({ qty: 0.0014, notional_usd: 70 });
    expect(outcome.decision?.verdict).toBe('PERMIT');
    expect(JSON.parse(outcome.decision?.facts ?? '')).toMatchObject({
      resized: { asked_qty: 0.002, given_qty: 0.0014 },
    });
    expect(JSON.parse(outcome.decision?.input ?? '')).toMatchObject({ qty: 0.002, resize: true });
    expect(permit?.checks.every(({ verdict }) => verdict !== 'refuse')).toBe(true);
  });

  it('stays as it is where it passes, byte for byte but for what was asked', () => {
    const [plain, resizable] = [worldUnder({}), worldUnder({})];
    plain.plan(OPEN_PLAN);
    resizable.plan({ ...OPEN_PLAN, resize: 'true', min_qty: '0.001' });
    expect(resizable.texts.get(keys.permit('p1'))).toBe(plain.texts.get(keys.permit('p1')));
  });

  it.each([
    ['0.0014', 0.0014],
    ['0.00140001', undefined],
    ['-1', undefined],
    ['much', undefined],
  ])('is refused below min_qty %s', (min_qty, given) => {
    const { qty, reason } = asked(CAP, { min_qty });
    expect([qty, reason]).toEqual([given, given === undefined ? 'notional_per_trade_exceeded' : undefined]);
  });

  it.each([[undefined], ['false'], ['maybe']])('is refused as asked for with resize %j', (resize) => {
    const { resize: _, ...plan } = ASK;
    const world = worldUnder(CAP);
    world.plan({ ...plan, ...(resize !== undefined && { resize }) });
    expect(world.block('p1')?.reason).toBe('notional_per_trade_exceeded');
  });

  it('is rounded down to the step of the exchange, where that is known', () => {
    const world = worldUnder(CAP, { market: { step_size: '0.001' } });
    expect(asked(CAP, {}, world).qty).toBe(0.001);
    const coarse = worldUnder(CAP, { market: { step_size: '0.002' } });
    expect(asked(CAP, {}, coarse).reason).toBe('notional_per_trade_exceeded');
    const passing = worldUnder({}, { market: { step_size: '0.001' } });
    expect(asked({}, { qty: '0.0019' }, passing).qty).toBe(0.001);
  });

  it('of a notional alone is given whole cents, at least what min_qty costs', () => {
    const { qty: _, ...plan } = ASK;
    const sent = (more: Fields) => {
      const world = worldUnder(CAP);
      world.plan({ ...plan, notional_usd: '100.555', ...more });
      return world.permit('p1');
    };
    expect(sent({})).toMatchObject({ computed_qty: null, computed_notional: 70, asked_notional: 100.555 });
    expect(sent({ min_qty: '0.0014' })).toMatchObject({ computed_notional: 70 });
    expect(sent({ min_qty: '0.00141' })).toBeUndefined();
  });

  it('gets nothing where something else than its size refuses', () => {
    const world = worldUnder(CAP);
    world.texts.set(keys.kill, '1');
    expect(asked(CAP, {}, world).reason).toBe('kill_switch_active');
  });

  it('is no smaller order that may have been permitted just now', () => {
    const settings = { ...CAP, GOV_DUPLICATE_SEC: '30', GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
    const at = (agoSec: number) => {
      const world = worldUnder(settings);
      world.texts.set(keys.lastExec('BTCUSDT'), String(NOW_MS / 1000 - agoSec));
      return asked(settings, {}, world);
    };
    expect(at(29.999).reason).toBe('notional_per_trade_exceeded');
    expect(at(30).qty).toBe(0.0014);
  });

  it('closes what is there, and never more', () => {
    const world = worldUnder({}, { held: { qty: 0.001, markPrice: 50_000 } });
    world.plan({ ...ASK, action: 'FULL_CLOSE_PROPOSED', reduceOnly: 'true', side: 'SELL' });
    expect(world.permit('p1')).toMatchObject({ computed_qty: 0.001 });
    expect(world.permit('p1')).not.toHaveProperty('asked_qty');
  });

  it('has the same permit when it asks again, and another size is another order', () => {
    const world = worldUnder({ ...CAP, GOV_SYMBOL_COOLDOWN_SECONDS: '0' });
    const ask = { ...ASK, reply_to: 'trend:box' };
    world.plan(ask);
    world.plan(ask);
    world.plan({ ...ask, qty: '0.0014' });
    const answers = (world.mailboxes.get(keys.reply('trend:box')) ?? []).map((text) => JSON.parse(text));
    expect(answers).toMatchObject([
      { granted: true, permit: { computed_qty: 0.0014 } },
      { granted: true, repeated: true, permit: { computed_qty: 0.0014 } },
      { granted: false, reason: 'plan_id_taken' },
    ]);
  });
});

/** The log entry of a decision, as a replay reads it. */
function recordOf(world: GovernorWorld, outcome: ReturnType<GovernorWorld['plan']>): DecisionRecord {
  const {
    verdict = '',
    reason = '',
    checks = [],
    facts = '',
    input = '',
    symbol = '',
    action = '',
  } = outcome.decision ?? {};
  const { exposureFacts } = { exposureFacts: outcome.decision?.sharedFacts?.json ?? '{}' };
  const whole = `${facts.slice(0, -1)},"exposure":${exposureFacts}}`;
  return decisionRecord({
    verdict,
    reason,
    checks: checksJson(checks),
    facts: whole,
    input,
    symbol,
    action,
    mode: world.mode,
  });
}

it('whatever the limits, the size given passes every gate, one step more does not, and a replay says the same', () => {
  fc.assert(
    fc.property(
      orderLimits,
      fc.record({
        GOV_MAX_NOTIONAL_PER_TRADE_USDT: fc.double({ min: 1, max: 200, noNaN: true }).map((usd) => usd.toFixed(2)),
        GOV_MAX_TOTAL_NOTIONAL_USDT: fc.double({ min: 1, max: 200, noNaN: true }).map((usd) => usd.toFixed(3)),
      }),
      fc.integer({ min: 1, max: 400_000 }),
      fc.option(fc.constantFrom('0.00001', '0.0001'), { nil: undefined }),
      (limits, caps, units, step) => {
        const settings = { ...limits, ...caps };
        const around = {
          mark: '50000',
          equity: '10000',
          maintenance: '0',
          ...(step && { market: { step_size: step } }),
        };
        const plan = { ...ASK, qty: (units / 1e8).toFixed(8) };
        const world = worldUnder(settings, around);
        Object.assign(world.settings, settings);
        const outcome = world.plan(plan);
        const parsed = governor.settings.parse(world.settings);
        const again = rejudgePlan(recordOf(world, outcome), { settings: parsed, mode: world.mode });
        expect([again?.verdict, again?.reason]).toEqual([outcome.decision?.verdict, outcome.decision?.reason]);
        const given = world.permit('p1')?.computed_qty as number | undefined;
        const at = (qty: number) => {
          const other = worldUnder(settings, around);
          Object.assign(other.settings, settings);
          const { resize: _, ...fixed } = plan;
          other.plan({ ...fixed, qty: qty.toFixed(8) });
          return other.permit('p1') !== undefined;
        };
        const unit = Number(step ?? '0.00000001');
        if (given !== undefined) expect(at(given)).toBe(true);
        if (given !== undefined) expect((Math.round((given / unit) * 1e6) / 1e6) % 1).toBe(0);
        const next = (given ?? 0) + unit;
        if (next <= units / 1e8 + 1e-12) expect(at(next)).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTHING_CARRIED } from '../../../handlers/contract/carried.ts';
import governor from '../../../handlers/governor/index.ts';
import type { LoggedDecision } from '../../../runtime/desk/decisions/decisions.ts';
import { decisionRecord, recordedChecks } from '../../../schemas/decision.ts';
import { LAST_EXEC_TTL_SEC, LAST_ORDER_TTL_SEC } from '../../../schemas/governor.ts';
import { decided, jointly, type Limits, LOOSE, said, secondRun, step } from '../../support/joint-runs.ts';
import { playedLog, type Step } from '../../support/joint-world.ts';
import { written } from '../../support/rejudge.ts';

const limits = fc
  .record({
    GOV_MAX_OPEN_POSITIONS: fc.constantFrom('1', '2', '3', '10'),
    GOV_MAX_NOTIONAL_PER_TRADE_USDT: fc.constantFrom('150', '250', '1000'),
    GOV_MAX_TOTAL_NOTIONAL_USDT: fc.constantFrom('400', '900', '5000'),
    GOV_SYMBOL_COOLDOWN_SECONDS: fc.constantFrom('0', '30', '300'),
    GOV_MAX_EXEC_PER_HOUR: fc.constantFrom('2', '4', '50'),
    GOV_MAX_EXEC_PER_5MIN: fc.constantFrom('1', '2', '50'),
    GOV_MAX_PERMITS_PER_MINUTE: fc.constantFrom('1', '2', '50'),
    GOV_DUPLICATE_SEC: fc.constantFrom('1', '60', '600'),
    GOV_MAX_SYMBOL_NOTIONAL_USDT: fc.constantFrom('*:200', '*:500', '*:5000'),
    GOV_MAX_LEVERAGE: fc.constantFrom('0.05', '100'),
    GOV_STRATEGY_MAX_SHARE_PCT: fc.constantFrom('*:40', '*:100'),
    GOV_STRATEGY_MAX_POSITIONS: fc.constantFrom('*:1', '*:10'),
    GOV_STRATEGY_MAX_PERMITS_PER_HOUR: fc.constantFrom('*:3', '*:50'),
    GOV_DISARM_ON_BURST_BREACH: fc.constantFrom('true', 'false', 'false'),
  })
  .map((some) => ({ ...LOOSE, ...some }));

const open = (symbol: string, qty: number, waitSec = 1, fate: Step['fate'] = 'filled'): Step => ({
  ...{ waitSec, symbol, qty, fate, action: 'OPEN', strategy: 's' },
});

function verdicts(steps: readonly Step[], first: Limits, other: Limits): readonly string[] {
  const { rulings } = jointly(playedLog(steps, { settings: { ...LOOSE, ...first } }), { ...LOOSE, ...other });
  return rulings.map(({ ruling }) => `${ruling?.verdict} ${ruling?.reason}`);
}

describe('a joint replay of plans', () => {
  it('gives the room of a plan that is blocked to the plan behind it', () => {
    const [first, other] = [
      { GOV_MAX_OPEN_POSITIONS: '1' },
      { GOV_MAX_OPEN_POSITIONS: '1', GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' },
    ];
    const steps = [open('LA', 2), open('LB', 1), open('SC', 1)];
    expect(verdicts(steps, first, first)).toEqual([
      'PERMIT ok',
      'BLOCK max_positions_reached',
      'BLOCK max_positions_reached',
    ]);
    expect(verdicts(steps, first, other)).toEqual([
      'BLOCK notional_per_trade_exceeded',
      'PERMIT ok',
      'BLOCK max_positions_reached',
    ]);
  });

  it('counts a symbol once that a strategy holds and reserves, also where the reservation would not be there', () => {
    const first = { GOV_STRATEGY_MAX_POSITIONS: '*:10' };
    const other = { GOV_STRATEGY_MAX_POSITIONS: '*:1', GOV_MAX_EXEC_PER_5MIN: '1' };
    const steps = [open('SC', 1), open('SC', 1, 1, 'late'), open('SC', 1)];
    const { rulings } = jointly(playedLog(steps, { settings: { ...LOOSE, ...first } }), { ...LOOSE, ...other });
    const counts = rulings.map(({ ruling }) =>
      recordedChecks(ruling === undefined ? '' : written(ruling).checks).find(
        ({ gate }) => gate === 'strategy_positions',
      ),
    );
    expect(counts.map((check) => check?.value)).toEqual([0, 1, 1]);
  });

  it('takes the order of a plan that is let through at its size, and its cooldown to the millisecond', () => {
    const first = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' };
    const other = { GOV_MAX_TOTAL_NOTIONAL_USDT: '400', GOV_SYMBOL_COOLDOWN_SECONDS: '30' };
    const steps = [open('LA', 2), open('LA', 1, 29), open('LA', 1, 1), open('LB', 1, 1), open('LB', 1, 30)];
    expect(verdicts(steps, first, other)).toEqual([
      'PERMIT ok',
      'BLOCK symbol_cooldown',
      'PERMIT ok',
      'PERMIT ok',
      'BLOCK total_notional_exceeded',
    ]);
  });

  it.each([
    ['duplicate_order', LAST_ORDER_TTL_SEC],
    ['symbol_cooldown', LAST_EXEC_TTL_SEC],
  ])(
    'remembers in %s what was permitted before for as long as the governor does, to the millisecond',
    (gate, ttlSec) => {
      const other = { GOV_MAX_EXEC_PER_5MIN: '1', GOV_DISARM_ON_BURST_BREACH: 'false' };
      const sinceAt = (afterSec: number) => {
        const steps = [open('LA', 1), open('LA', 1, 240), open('LA', 1, afterSec - 240)];
        const first = playedLog(steps, { settings: LOOSE });
        const { rulings } = jointly(first, { ...LOOSE, ...other });
        const found = rulings.map(({ ruling }) => said(...parts(ruling && written(ruling))));
        expect(found).toEqual(
          decided(secondRun(steps, first, { settings: { ...LOOSE, ...other } })).map((one) => said(...parts(one))),
        );
        return found.at(-1)?.find((check) => check[0] === gate)?.[1];
      };
      expect(sinceAt(ttlSec - 0.001)).toBe(ttlSec - 0.001);
      expect(sinceAt(ttlSec)).toBeNull();
    },
  );

  it('leaves a plan judged that had its permit before', () => {
    const [log] = [playedLog([open('LA', 2)], { settings: { ...LOOSE, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' } })];
    const again = log.map(({ id, fields }) => ({ id: `${Number(id.split('-')[0]) + 1}-0`, fields }));
    const { rulings } = jointly([...log, ...again], LOOSE);
    expect(rulings.map(({ ruling }) => `${ruling?.verdict} ${ruling?.reason}`)).toEqual([
      'PERMIT ok',
      'DUPLICATE already_permitted',
    ]);
  });

  it('disarms itself where the log did not, and stays armed where the log disarmed itself', () => {
    const [calm, tight] = [{}, { GOV_MAX_EXEC_PER_5MIN: '1' }];
    const steps = [open('LA', 1), open('LA', 2), open('LB', 1)];
    expect(verdicts(steps, calm, tight)).toEqual(['PERMIT ok', 'BLOCK burst_limit_exceeded', 'BLOCK disarmed']);
    expect(verdicts(steps, tight, calm)).toEqual(['PERMIT ok', 'PERMIT ok', 'PERMIT ok']);
  });

  it('places nothing in a dry run, and in one that was logged what its positions never show', () => {
    const steps = [open('LA', 2), open('LB', 2)];
    const log = playedLog(steps, { settings: LOOSE });
    const dry = jointly(log, { ...LOOSE, GOV_MAX_TOTAL_NOTIONAL_USDT: '300' }, { governor: 'dry_run' }).rulings;
    expect(dry.map(({ ruling }) => ruling?.reason)).toEqual(['ok', 'ok']);
    const untaken = playedLog([...steps, open('LC', 2, 400)], {
      settings: LOOSE,
      mode: 'dry_run',
      fateOf: () => 'rejected',
    });
    const real = jointly(untaken, { ...LOOSE, GOV_MAX_TOTAL_NOTIONAL_USDT: '500' }, { governor: 'production' }).rulings;
    expect(real.map(({ ruling }) => ruling?.reason)).toEqual(['ok', 'ok', 'total_notional_exceeded']);
  });

  it('says of which plans it does not know the size', () => {
    const [first] = playedLog([open('LA', 2)], { settings: { ...LOOSE, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' } });
    const { fields } = first as LoggedDecision;
    const facts = JSON.stringify({ ...JSON.parse(fields.facts ?? ''), plan_notional_usd: 10, market_mark: null });
    const record = decisionRecord({ ...fields, facts, input: '{"kill_score":0}' });
    const under = { settings: governor.settings.parse(LOOSE), mode: 'production' };
    expect(governor.joint?.({ atMs: 0, record }, under, NOTHING_CARRIED).lost).toBe('size_unknown');
  });

  it('under the limits they were judged by is the log, to the byte, and carries no difference', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), limits, (steps, own) => {
        const log = playedLog(steps, { settings: own });
        const { rulings } = jointly(log, own);
        const records = decided(log);
        expect(rulings.map(({ ruling }) => ruling && written(ruling))).toEqual(
          records.map(({ verdict, reason, checks }) => ({ verdict, reason, checks })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is what a second run of the same proposals under the other limits decides', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 30 }), limits, limits, (steps, one, other) => {
        const first = playedLog(steps, { settings: one });
        const { rulings } = jointly(first, other);
        const second = decided(secondRun(steps, first, { settings: other }));
        const found = rulings.map(({ ruling }) => ruling && written(ruling));
        expect(found.map((ruling) => ruling && said(ruling.verdict, ruling.reason, ruling.checks))).toEqual(
          second.map(({ verdict, reason, checks }) => said(verdict, reason, checks)),
        );
      }),
      { numRuns: 120 },
    );
  });

  it('says where a strategy shares what would be otherwise, and nowhere else', () => {
    const by = (strategy: string, one: Step): Step => ({ ...one, strategy });
    const steps = [
      by('one', open('LA', 2)),
      by('two', open('LA', 1)),
      by('two', open('LB', 1)),
      by('three', open('LC', 1)),
    ];
    const log = playedLog(steps, { settings: LOOSE });
    const other = { ...LOOSE, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' };
    const lost = (entries: readonly LoggedDecision[], under: Limits) =>
      jointly(entries, under).rulings.map((one) => one.lost);
    expect(lost(log, other)).toEqual([undefined, undefined, 'strategy_unknown', undefined]);
    expect(lost(log, LOOSE)).toEqual([undefined, undefined, undefined, undefined]);
    const alone = steps.map((one) => (one.strategy === 'two' ? by('one', one) : one));
    expect(lost(playedLog(alone, { settings: LOOSE }), other)).toEqual([undefined, undefined, undefined, undefined]);
    const { GOV_STRATEGY_MAX_POSITIONS: _, GOV_STRATEGY_MAX_SHARE_PCT: __, ...unlimited } = LOOSE;
    const without = { ...unlimited, GOV_MAX_NOTIONAL_PER_TRADE_USDT: '150' };
    expect(lost(playedLog(steps, { settings: unlimited }), without)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    // What was held before the log begins may be anybody's.
    const later = [by('one', open('LA', 1)), by('one', open('LA', 2)), by('three', open('LC', 1))];
    const begun = playedLog(later, { settings: LOOSE }).filter(({ fields }) => fields.plan_id !== 'p0');
    expect(lost(begun, other)).toEqual([undefined, 'strategy_unknown']);
  });

  it('is that where strategies share symbols too, up to what the log does not tell of them', () => {
    const sharing = fc
      .tuple(step, fc.constantFrom('one', 'two'))
      .map(([one, strategy]): Step => ({ ...one, strategy }));
    let [known, of] = [0, 0];
    fc.assert(
      fc.property(fc.array(sharing, { minLength: 2, maxLength: 30 }), limits, limits, (steps, one, other) => {
        const first = playedLog(steps, { settings: one });
        const { rulings } = jointly(first, other);
        const at = rulings.findIndex(({ lost }) => lost !== undefined && lost !== 'at_last_price');
        const told = at === -1 ? rulings : rulings.slice(0, at);
        const second = decided(secondRun(steps, first, { settings: other }));
        expect(told.map(({ ruling }) => said(...parts(ruling && written(ruling))))).toEqual(
          second.slice(0, told.length).map((record) => said(...parts(record))),
        );
        [known, of] = [known + told.length, of + rulings.length];
      }),
      { numRuns: 120 },
    );
    expect(known / of).toBeGreaterThan(0.5);
  });
});

function parts(ruled: { readonly verdict: string; readonly reason: string; readonly checks: string } | undefined) {
  return [ruled?.verdict ?? '', ruled?.reason ?? '', ruled?.checks ?? ''] as const;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Carried, NOTHING_CARRIED } from '../../../handlers/contract/carried.ts';
import type { Ruling } from '../../../handlers/contract/effects.ts';
import governor from '../../../handlers/governor/index.ts';
import results from '../../../handlers/governor-results.ts';
import type { LoggedDecision } from '../../../runtime/desk/decisions/decisions.ts';
import { decisionRecord, recordedChecks } from '../../../schemas/decision.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { playedLog, type Step } from '../../support/joint-world.ts';
import { written } from '../../support/rejudge.ts';

type Limits = Record<string, string>;

const LOOSE: Limits = {
  GOV_MAX_OPEN_POSITIONS: '10',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1000',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '5000',
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_MAX_EXEC_PER_HOUR: '50',
  GOV_MAX_EXEC_PER_5MIN: '50',
  GOV_MAX_PERMITS_PER_MINUTE: '50',
  GOV_DUPLICATE_SEC: '0.001',
  GOV_MAX_SYMBOL_NOTIONAL_USDT: '*:5000',
  GOV_MAX_LEVERAGE: '100',
  GOV_STRATEGY_MAX_SHARE_PCT: '*:100',
  GOV_STRATEGY_MAX_POSITIONS: '*:10',
  GOV_STRATEGY_MAX_PERMITS_PER_HOUR: '*:50',
};

/** What a joint replay makes of each plan. */
function jointly(log: readonly LoggedDecision[], limits: Limits, mode = 'production') {
  let carried: Carried = NOTHING_CARRIED;
  const rulings: { readonly planId: string; readonly ruling: Ruling | undefined }[] = [];
  for (const { id, fields } of log) {
    const record = decisionRecord(fields);
    const handler = record.handler === 'governor' ? governor : results;
    const found = handler.joint?.(
      { atMs: streamIdMs(id), record },
      { settings: governor.settings.parse(limits), mode },
      carried,
    );
    carried = found?.carried ?? carried;
    if (record.handler === 'governor') rulings.push({ planId: record.planId, ruling: found?.ruling });
  }
  return { rulings, carried };
}

/**
 * A ruling for comparison with one of another run: figures to a millionth, as sums may be added up in another order. Of
 * an order of more than an hour ago, which no limit here looks at, the log may tell or not.
 */
function said(verdict: string, reason: string, checks: string) {
  const near = (value: unknown) => (typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value);
  const figure = ({ gate, value }: { readonly gate: string; readonly value: unknown }) =>
    gate === 'duplicate_order' && Number(value) * 1000 > HOUR_MS ? null : near(value);
  return [verdict, reason, ...recordedChecks(checks).map((check) => [check.gate, figure(check), check.verdict])];
}

function decided(log: readonly LoggedDecision[]) {
  return log.filter(({ fields }) => fields.handler === 'governor').map(({ fields }) => decisionRecord(fields));
}

/** A real second run under other limits, in which each order has the result that it had in the first, or is filled. */
function secondRun(steps: readonly Step[], first: readonly LoggedDecision[], limits: Limits) {
  const permitted = new Set(
    decided(first)
      .filter(({ verdict }) => verdict === 'PERMIT')
      .map(({ planId }) => planId),
  );
  return playedLog(steps, {
    settings: limits,
    fateOf: (planId, { fate }) => (permitted.has(planId) ? fate : 'filled'),
  });
}

const step: fc.Arbitrary<Step> = fc
  .record({
    waitSec: fc.constantFrom(1, 20, 70, 400),
    symbol: fc.constantFrom('LA', 'LB', 'SC', 'SD'),
    action: fc.constantFrom('OPEN', 'OPEN', 'OPEN', 'FULL_CLOSE', 'PARTIAL_50'),
    qty: fc.constantFrom(1, 2, 3),
    fate: fc.constantFrom('filled', 'filled', 'rejected', 'late'),
  })
  .map((one) => ({ ...one, strategy: `of-${one.symbol[0]}` }) as Step);

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
    const dry = jointly(log, { ...LOOSE, GOV_MAX_TOTAL_NOTIONAL_USDT: '300' }, 'dry_run').rulings;
    expect(dry.map(({ ruling }) => ruling?.reason)).toEqual(['ok', 'ok']);
    const untaken = playedLog([...steps, open('LC', 2, 400)], {
      settings: LOOSE,
      mode: 'dry_run',
      fateOf: () => 'rejected',
    });
    const real = jointly(untaken, { ...LOOSE, GOV_MAX_TOTAL_NOTIONAL_USDT: '500' }).rulings;
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
        const second = decided(secondRun(steps, first, other));
        const found = rulings.map(({ ruling }) => ruling && written(ruling));
        expect(found.map((ruling) => ruling && said(ruling.verdict, ruling.reason, ruling.checks))).toEqual(
          second.map(({ verdict, reason, checks }) => said(verdict, reason, checks)),
        );
      }),
      { numRuns: 120 },
    );
  });
});

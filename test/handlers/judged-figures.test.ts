import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../handlers/contract/effects.ts';
import governor from '../../handlers/governor/index.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import heatMonitor from '../../handlers/heat-monitor.ts';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import { keys } from '../../schemas/keys.ts';
import { bitcoin, budgets, run } from '../support/budget-cycle.ts';
import { hashFact, judge, NOW_MS } from '../support/fake-ctx.ts';
import { OPEN_PLAN } from '../support/governor-world.ts';
import { ETH, type HeatWorld, hashWrite, heatFacts, judgeProposal, OTHERS } from '../support/heat.ts';
import { worldUnder } from '../support/order-limits.ts';
import { recordOf, rejudged, rulingOf } from '../support/rejudge.ts';

const NOW_SEC = NOW_MS / 1000;
const SHOCK = { RISK_SHOCK: 'judge', RISK_SHOCK_MIN: '0.3', RISK_SHOCK_MAX: '0.5' };
const BOTH = { ...SHOCK, RISK_LEVERAGE: 'judge', RISK_LEVERAGE_MIN: '2', RISK_LEVERAGE_MAX: '4' };
const CLOSE = { plan_id: 'p1', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
/** Heat 0.027, 0.2942 and 0.8825. */
const BOOKS = {
  COLD: { portfolio: { equity_usd: '10000' }, views: { book: [ETH] } },
  WARM: { portfolio: { equity_usd: '3000' }, views: { book: [ETH, OTHERS] } },
  HOT: { portfolio: { equity_usd: '1000' }, views: { book: [ETH, OTHERS] } },
} as const;

function risk(figures: Record<string, string>, ageSec = 0): Record<string, string> {
  return { ...figures, timestamp: String(NOW_SEC - ageSec) };
}

/** What becomes of a full close: the calibrated action, its reason, and the bucket. */
function exit(world: HeatWorld): readonly (string | undefined)[] {
  const { calibrated_action, reason, heat_bucket, heat_value } = calibrated(judgeProposal(CLOSE, world));
  return [calibrated_action, reason, heat_bucket, heat_value];
}

function calibrated(outcome: Outcome): Readonly<Record<string, string>> {
  const [first] = outcome.effects;
  return first?.do === 'emit' ? first.fields : {};
}

describe('an exit beside figures that judge', () => {
  it.each([
    ['COLD', '0.2999999999', ['PARTIAL_25', 'portfolio_heat_cold', 'COLD', '0.027']],
    ['COLD', '0.3', ['PARTIAL_75', 'portfolio_shock_warm', 'WARM', '0.027']],
    ['COLD', '0.4999999999', ['PARTIAL_75', 'portfolio_shock_warm', 'WARM', '0.027']],
    ['COLD', '0.5', ['FULL_CLOSE', 'portfolio_shock_hot', 'HOT', '0.027']],
    ['WARM', '0', ['PARTIAL_75', 'portfolio_heat_warm', 'WARM', '0.2941666667']],
    ['HOT', '0.4', ['FULL_CLOSE', 'portfolio_heat_hot', 'HOT', '0.8825']],
  ] as const)('is judged by the hotter of both: heat %s, shock %s', (book, shock, expected) => {
    expect(exit({ ...BOOKS[book], settings: SHOCK, risk: risk({ shock }) })).toEqual(expected);
  });

  it('is judged by the hottest of several figures', () => {
    const world = (figures: Record<string, string>) => ({ ...BOOKS.COLD, settings: BOTH, risk: risk(figures) });
    expect(exit(world({ shock: '0.1', leverage: '3' }))[1]).toBe('portfolio_leverage_warm');
    expect(exit(world({ shock: '0.6', leverage: '3' }))[1]).toBe('portfolio_shock_hot');
    expect(exit(world({ shock: '0.6' }))[1]).toBe('portfolio_shock_hot');
    expect(exit(world({ shock: '0.4' }))).toEqual(['FULL_CLOSE', 'portfolio_leverage_unknown', 'WARM', '0.027']);
  });

  it.each([
    ['nothing is stored', null],
    ['it is 30.001 s old', risk({ shock: '0.1' }, 30.001)],
    ['it is from ahead of the clock', risk({ shock: '0.1' }, -60)],
    ['it has no time', { shock: '0.1' }],
    ['it is left out', risk({ shock_reason: 'positions_unknown' })],
    ['it is no number', risk({ shock: 'NaN' })],
    ['it is below 0', risk({ shock: '-0.1' })],
  ])('passes unchanged while a figure is not known: %s', (_why, stored) => {
    const world = { ...BOOKS.COLD, settings: SHOCK, risk: stored };
    expect(exit(world)).toEqual(['FULL_CLOSE', 'portfolio_shock_unknown', 'COLD', '0.027']);
    expect(exit({ ...world, ...BOOKS.HOT })[1]).toBe('portfolio_heat_hot');
    expect(exit({ ...world, portfolio: null })[0]).toBe('FULL_CLOSE');
    const failure = { metric: 'p26_failures_total', labels: { reason: 'risk_unknown' } };
    expect(judgeProposal(CLOSE, world).counts).toContainEqual(failure);
  });

  it('is judged by a figure that is 30 s old', () => {
    const world = { ...BOOKS.COLD, settings: SHOCK, risk: risk({ shock: '0.1' }, 30) };
    expect(exit(world)[1]).toBe('portfolio_heat_cold');
  });

  it('passes by a hot figure where the heat itself is not known', () => {
    const world = { portfolio: null, settings: SHOCK, risk: risk({ shock: '0.5' }) };
    expect(exit(world).slice(0, 2)).toEqual(['FULL_CLOSE', 'portfolio_shock_hot']);
    expect(exit({ ...world, risk: risk({ shock: '0.2' }) })[1]).toBe('fail_closed_portfolio_state_missing');
  });

  it('is never softened more than by the heat alone', () => {
    const kept = { PARTIAL_25: 1, PARTIAL_75: 2, FULL_CLOSE: 3 } as Readonly<Record<string, number>>;
    const figure = fc.option(fc.double({ min: 0, max: 2, noNaN: true }).map(String), { nil: '' });
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(BOOKS)), figure, figure, (book, shock, leverage) => {
        const [alone] = exit(book);
        const [beside] = exit({ ...book, settings: BOTH, risk: risk({ shock, leverage }) });
        expect(kept[beside ?? '']).toBeGreaterThanOrEqual(kept[alone ?? ''] ?? 4);
      }),
    );
  });

  it('leaves everything byte for byte where no figure judges', () => {
    const alone = judgeProposal(CLOSE, BOOKS.WARM);
    const reported = { RISK_SHOCK: 'report', RISK_SHOCK_MIN: '0.1', RISK_SHOCK_MAX: '0.2' };
    expect(judgeProposal(CLOSE, { ...BOOKS.WARM, settings: reported, risk: risk({ shock: '9' }) })).toEqual(alone);
    expect(alone.decision?.facts).not.toContain('risk');
  });

  it('has the figures in its facts, and the heat that was judged by in its checks', () => {
    const { decision } = judgeProposal(CLOSE, { ...BOOKS.COLD, settings: BOTH, risk: risk({ shock: '0.4' }) });
    expect(JSON.parse(decision?.facts ?? '').risk).toEqual({
      shock: { value: 0.4, min: 0.3, max: 0.5 },
      leverage: { value: null, min: 2, max: 4 },
    });
    const { decision: warm } = judgeProposal(CLOSE, { ...BOOKS.COLD, settings: SHOCK, risk: risk({ shock: '0.4' }) });
    expect(warm?.checks?.map(({ gate, value, verdict }) => [gate, value, verdict])).toEqual([
      ['heat_min', 0.45, 'pass'],
      ['heat_max', 0.45, 'would_refuse'],
    ]);
  });
});

describe('a logged judgment beside figures', () => {
  const limits = fc.constantFrom(SHOCK, BOTH, { ...SHOCK, RISK_SHOCK_MIN: '0.1' }, { ...BOTH, HEAT_MAX: '0.3' });
  const figure = fc.constantFrom('', '0', '0.1', '0.2999999999', '0.3', '0.45', '0.5', '3');

  it('is ruled on again under other limits as it would have been live: exits', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(BOOKS)), figure, figure, limits, (book, shock, leverage, other) => {
        const judged = (settings: Record<string, string>) =>
          judgeProposal(CLOSE, { ...book, settings, risk: risk({ shock, leverage }) });
        const record = recordOf(heatGate.name, judged(BOTH), 'shadow');
        expect(rejudged(heatGate, record, { settings: other, mode: 'shadow' })).toEqual(rulingOf(judged(other)));
      }),
    );
  });

  it('is ruled on again under other limits as it would have been live: budgets', () => {
    fc.assert(
      fc.property(figure, figure, limits, (shock, leverage, other) => {
        const judged = (settings: Record<string, string>) =>
          run({ ...bitcoin(1700, 0.1), settings, risk: risk({ shock, leverage }) });
        const record = recordOf(riskGovernor.name, judged(BOTH), 'shadow');
        expect(rejudged(riskGovernor, record, { settings: other, mode: 'shadow' })).toEqual(rulingOf(judged(other)));
      }),
    );
  });

  it('cannot be, where a figure judges that was not recorded', () => {
    const exitRecord = recordOf(heatGate.name, judgeProposal(CLOSE, BOOKS.COLD), 'shadow');
    expect(rejudged(heatGate, exitRecord, { settings: SHOCK, mode: 'shadow' })).toBeUndefined();
    const cycle = recordOf(riskGovernor.name, run(bitcoin(1, 0.1)), 'shadow');
    expect(rejudged(riskGovernor, cycle, { settings: SHOCK, mode: 'shadow' })).toBeUndefined();
  });
});

describe('budgets beside figures that judge', () => {
  /** Heat 0 (stress 0.066 by NORMAL_VOL alone) and equity 100,000. */
  const budget = (stored: Record<string, string> | null) =>
    budgets(run({ ...bitcoin(1, 1e-14), settings: SHOCK, risk: stored })).BTCUSDT;

  it('rest on the largest of the heat and what the figures count as', () => {
    expect(budget(risk({ shock: '0' }))).toMatchObject({ stress_factor: '0.066', portfolio_heat: '0' });
    // 0.4 counts as heat 0.45: 0.4 × 0.45 more stress.
    expect(budget(risk({ shock: '0.4' }))).toMatchObject({ stress_factor: '0.246', portfolio_heat: '0' });
    expect(budget(risk({ shock: '9' }))).toMatchObject({ stress_factor: '0.466', portfolio_heat: '0' });
  });

  it('are those of a stress of 1 while a figure is not known', () => {
    for (const stored of [null, risk({ shock: '0.1' }, 30.001), risk({})]) {
      expect(budget(stored)).toMatchObject({ stress_factor: '1', budget_usd: '500' });
    }
  });
});

describe('a plan beside figures that judge', () => {
  const verdict = (
    stored: Record<string, string> | undefined,
    more: Record<string, string> = {},
    policy = 'closed',
  ) => {
    const world = worldUnder({ ...SHOCK, GOV_CAPS_FAIL_POLICY: policy }, { mode: 'production' });
    if (stored !== undefined) world.hashes.set(keys.riskState, stored);
    world.plan({ ...OPEN_PLAN, ...more });
    return world.block(OPEN_PLAN.plan_id)?.reason ?? 'permit';
  };

  it('opens nothing while one is not known, and closes', () => {
    expect(verdict(risk({ shock: '9' }))).toBe('permit');
    expect(verdict(risk({ shock: '0.1' }, 30))).toBe('permit');
    for (const stored of [undefined, risk({ shock: '0.1' }, 30.001), risk({ leverage: '1' })]) {
      expect(verdict(stored)).toBe('caps_data_unavailable');
      expect(verdict(stored, { action: 'FULL_CLOSE' })).toBe('permit');
    }
  });

  it('is ruled on again as it was', () => {
    const world = worldUnder(SHOCK, { mode: 'production' });
    const outcome = world.plan(OPEN_PLAN);
    const record = recordOf(governor.name, outcome, 'production');
    const again = rejudged(governor, record, { settings: { ...world.settings }, mode: 'production' });
    expect(again).toEqual(rulingOf(outcome));
    expect(again?.reason).toBe('caps_data_unavailable');
  });
});

describe('the published heat', () => {
  const published = (settings: Record<string, string>, stored: Record<string, string> | null) => {
    const facts = {
      ...heatFacts({ ...BOOKS.COLD, settings }),
      risk: hashFact(stored),
      published: hashFact(null),
    };
    const outcome = judge(heatMonitor, { tick_id: 't1', scheduled_ms: String(NOW_MS) }, { facts, settings });
    return { fields: (hashWrite(outcome) as { fields: Record<string, string> }).fields, outcome };
  };

  it('has the figures that are on, and the heat that is judged by', () => {
    const { fields } = published({ ...SHOCK, RISK_LEVERAGE: 'report' }, risk({ shock: '0.4', leverage: '1.5' }));
    expect(fields).toMatchObject({ heat: '0.027', bucket: 'WARM', reason: 'portfolio_shock_warm' });
    expect(fields).toMatchObject({ shock: '0.4', leverage: '1.5', judged_heat: '0.45' });
  });

  it('says of a figure that is not known nothing, and why', () => {
    const { fields } = published(SHOCK, null);
    expect(fields).toMatchObject({ bucket: 'COLD', reason: 'portfolio_shock_unknown', shock: '' });
  });

  it('keeps no figure of the risk of the book in its history', () => {
    const { outcome } = published(SHOCK, risk({ shock: '0.4' }));
    const [history] = outcome.effects.flatMap((effect) => (effect.do === 'emit' ? [effect.fields] : []));
    expect(Object.keys(history ?? {})).toEqual([
      'heat',
      'bucket',
      'reason',
      'equity_usd',
      'timestamp',
      'gross_notional_usd',
    ]);
  });
});

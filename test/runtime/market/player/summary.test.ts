import { describe, expect, it } from 'vitest';
import { Progress } from '../../../../runtime/doors/demo/progress.ts';
import { reportOf } from '../../../../runtime/doors/demo/report.ts';
import { type Bucket, countBy, type HourRecord, Tally } from '../../../../runtime/market/player/summary.ts';

const stated = {
  symbols: ['XUSDT'],
  modes: { 'heat-gate': 'shadow' },
  settings: { A: '1' },
  rules: { core_book: 'x' },
};
const noFunding = {
  low_rate: -0.0005,
  high_rate: 0.0005,
  paid_usd: 0,
  not_recorded: 0,
  moves_usd: { low: 0, high: 0 },
};
const noneKept = { softenedExits: 0, savedUsd: 0, costUsd: 0, funding: noFunding };
const nothingKept = { softening: noneKept, funding: { ...noFunding, positions: 0 } };

const hour = (heat: number, bucket: Bucket, equity: number): HourRecord => ({
  at: `2021-05-02T0${Math.round(heat * 10)}:00:00.000Z`,
  heat,
  bucket,
  equity_usd: equity,
  budgets_usd: { XUSDT: 1000.004 * (1 - heat) },
});

function tallied(): Tally {
  const tally = new Tally();
  tally.addWarmUpHour();
  for (const [heat, bucket, equity] of [
    [0.3, 'WARM', 1100],
    [0.1, 'COLD', 1200],
    [0.7, 'HOT', 900],
    [0.2, 'COLD', 1000],
  ] as const) {
    // The gates see an equity without funding: what is summed up is less by what was paid.
    tally.addHour(hour(heat, bucket, equity + 7), 2, equity);
  }
  tally.addExit({ rule: 'take_profit', reason: 'portfolio_heat_cold', softenedTo: 'PARTIAL_25' });
  tally.addExit({ rule: 'max_hold', reason: 'portfolio_heat_cold', softenedTo: 'PARTIAL_25' });
  tally.addExit({ rule: 'stop_loss', reason: 'protective_exit_unchanged', softenedTo: undefined });
  tally.addPlan({ kind: 'exit', blockedBy: undefined });
  tally.addPlan({ kind: 'entry', blockedBy: undefined });
  tally.addPlan({ kind: 'entry', blockedBy: 'symbol_cooldown' });
  tally.addPlan({ kind: 'entry', blockedBy: 'symbol_cooldown' });
  tally.addPlan({ kind: 'entry', blockedBy: 'max_positions_reached' });
  return tally;
}

describe('the summary', () => {
  const summary = tallied().summary(stated, 1000, {
    softening: { ...noneKept, softenedExits: 2, costUsd: 12.345 },
    funding: { ...noFunding, positions: 3, paid_usd: 1.234, not_recorded: 2, moves_usd: { low: -5.678, high: 5.678 } },
  });

  it('counts hours per bucket beside those without a volatility', () => {
    expect(summary.hours).toEqual({ played: 5, warm_up: 1, by_bucket: { COLD: 2, WARM: 1, HOT: 1 } });
  });

  it('follows equity and its largest drawdown from the highest point before', () => {
    expect(summary.equity).toEqual({
      start_usd: 1000,
      end_usd: 1000,
      lowest_usd: 900,
      highest_usd: 1200,
      max_drawdown_percent: 25,
    });
  });

  it('counts exits by rule, by reason and by what they were softened to', () => {
    expect(summary.exits).toEqual({
      proposed: 3,
      by_rule: { max_hold: 1, stop_loss: 1, take_profit: 1 },
      softened: 2,
      softened_to: { PARTIAL_25: 2 },
      by_reason: { portfolio_heat_cold: 2, protective_exit_unchanged: 1 },
    });
  });

  it('counts permits and blocks by reason', () => {
    expect(summary.plans).toEqual({
      entries: 4,
      exits: 1,
      entry_permits: 1,
      exit_permits: 1,
      blocks: 3,
      blocks_by_reason: { symbol_cooldown: 2, max_positions_reached: 1 },
    });
  });

  it('shows budgets at the hours of least and most heat, in cents', () => {
    expect(summary.budgets.calmest_hour).toMatchObject({ heat: 0.1, budgets_usd: { XUSDT: 900 } });
    expect(summary.budgets.worst_hour).toMatchObject({ heat: 0.7, budgets_usd: { XUSDT: 300 } });
    expect(summary.budgets.violations).toBe(8);
  });

  it('needs an hour', () => {
    expect(() => new Tally().summary(stated, 1000, nothingKept)).toThrow('expected at least one hour, got none');
  });

  it('says what funding is in it, and by how much what is not recorded moves it', () => {
    expect(summary.funding).toMatchObject({ paid_usd: 1.23, moves_usd: { low: -5.68, high: 5.68 } });
    expect(reportOf(summary)).toContain(
      '  the end is $1,000.00; funding of $1.23 paid is in it; funding, not recorded for 2 of 3 positions, moves it by ' +
        '-$5.68 to $5.68 (at -0.05 % to 0.05 % every 8 h)',
    );
  });

  it('is readable', () => {
    const report = reportOf(summary);
    expect(report).toMatch(/COLD +2 +50\.0 %/);
    expect(report).toContain('Exits proposed: 3, softened: 2');
    expect(report).toMatch(/FULL_CLOSE to PARTIAL_25 +2/);
    expect(report).toMatch(/symbol_cooldown +2/);
    expect(report).toContain('Softening would have cost $12.35 against the original exits');
    expect(report.endsWith('\n')).toBe(true);
    expect(report).not.toMatch(/ \n|undefined|NaN/);
  });
});

describe('counting words', () => {
  it('puts the most frequent first, then goes by name', () => {
    expect(Object.entries(countBy(['b', 'a', 'c', 'c']))).toEqual([
      ['c', 2],
      ['a', 1],
      ['b', 1],
    ]);
  });
});

describe('progress', () => {
  function shown(isTTY: boolean, hours: readonly number[]): string[] {
    const texts: string[] = [];
    const progress = new Progress({ isTTY, write: (text) => texts.push(text) }, 744);
    for (const played of hours) progress.show(played, Date.UTC(2021, 4, 19));
    progress.end();
    return texts;
  }

  it('is a line each week where nobody looks', () => {
    expect(shown(false, [1, 167, 168, 169, 744])).toEqual([
      'demo: 2021-05-19, hour 168 of 744\n',
      'demo: 2021-05-19, hour 744 of 744\n',
    ]);
  });

  it('is a bar on a terminal, gone at the end', () => {
    const texts = shown(true, [1, 372]);
    expect(texts[0]).toBe(`\r[${'.'.repeat(30)}] 2021-05-19  hour 1 of 744`);
    expect(texts[1]).toBe(`\r[${'#'.repeat(15)}${'.'.repeat(15)}] 2021-05-19  hour 372 of 744`);
    expect(texts[2]).toBe('\r\u001b[2K');
  });
});

describe('the report of a month on a local exchange', () => {
  const differences = { hours: 4, equity_usd: 0.125, positions: 1, heat: 0.00000002 };
  const exchange = {
    name: 'an-exchange',
    orders_filled: 7,
    orders_refused: { '-2019 Margin is insufficient.': 2 },
    account_readings: 30,
    largest_differences: differences,
  };

  it('says what was traded, what was refused, and how far the feeds were from the own book', () => {
    const lines = reportOf(tallied().summary({ ...stated, exchange }, 1000, nothingKept)).split('\n');
    const at = lines.indexOf('Local exchange (an-exchange), read by the feeds');
    expect(lines.slice(at + 1, at + 8).map((line) => line.trim().replace(/ {2,}/, ': '))).toEqual([
      'orders filled: 7',
      'refused: -2019 Margin is insufficient.: 2',
      'readings of the account: 30',
      "largest difference from the strategy's own book over 4 hours",
      'equity: $0.13',
      'positions: 1',
      'heat: 0.00000002',
    ]);
  });

  it('has no such section where it was played on paper', () => {
    expect(reportOf(tallied().summary(stated, 1000, nothingKept))).not.toContain('Local exchange');
  });
});

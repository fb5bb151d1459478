import { dollars, grouped } from '../../../schemas/amount-text.ts';
import { countBy } from '../../market/player/summary.ts';
import type { DemoSummary } from './guarded.ts';
import { row } from './row.ts';

/** The section on the guarded month; none where it was not played. */
export function guardedSection({ guarded, ...without }: DemoSummary): string[][] {
  if (guarded === undefined) return [];
  const reached = guarded.losses.filter(({ event }) => event === 'LOSS_LIMIT');
  const usd = (one: number, other: number) => [dollars(one).padStart(16), dollars(other).padStart(16)];
  const count = (one: number, other: number) => [`${one}`.padStart(16), `${other}`.padStart(16)];
  const share = (percent: number) => `${percent.toFixed(2)} %`.padStart(16);
  const settings = Object.entries(guarded.settings).map(([name, value]) => `${name}=${value}`);
  return [
    [
      'With limits, beside the month without',
      `  ${settings.join(' ')}`,
      ...Object.entries(guarded.rules).map(([name, text]) => `  ${name.replaceAll('_', ' ')}: ${text}`),
      row('', 'without'.padStart(16), 'with'.padStart(16)),
      row('equity at the end', ...usd(without.equity.end_usd, guarded.equity.end_usd)),
      row('lowest', ...usd(without.equity.lowest_usd, guarded.equity.lowest_usd)),
      row('highest', ...usd(without.equity.highest_usd, guarded.equity.highest_usd)),
      row('largest drawdown', share(without.equity.max_drawdown_percent), share(guarded.equity.max_drawdown_percent)),
      row('permits to entries', ...count(without.plans.entry_permits, guarded.plans.entry_permits)),
      row('permits to exits', ...count(without.plans.exit_permits, guarded.plans.exit_permits)),
      row('entries refused for shock', ...count(shocks(without), shocks(guarded))),
      row('violations of budgets', ...count(without.budgets.violations, guarded.budgets.violations)),
    ],
    [
      `Loss limits reached: ${reached.length}`,
      ...Object.entries(countBy(reached.map(({ reason }) => reason))).map(([reason, times]) =>
        row(reason, `${times}`.padStart(5)),
      ),
      ...guarded.losses.map(({ at, event, reason }) => `  ${at.slice(0, 16).replace('T', ' ')}  ${event}  ${reason}`),
      verdict(guarded.cost_usd, guarded.drawdown_spared_percent),
    ],
  ];
}

function shocks({ plans }: Pick<DemoSummary, 'plans'>): number {
  return plans.blocks_by_reason.shock_exceeded ?? 0;
}

function verdict(costUsd: number, sparedPercent: number): string {
  const cost = `${costUsd < 0 ? 'saved' : 'cost'} $${grouped(Math.abs(costUsd))} of equity at the end`;
  const drawdown = `${Math.abs(sparedPercent).toFixed(2)} points ${sparedPercent < 0 ? 'larger' : 'smaller'}`;
  return `  They ${cost}, and made the largest drawdown ${drawdown}`;
}

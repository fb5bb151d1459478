import { grouped } from '../../../../schemas/amount-text.ts';
import type { Summary } from '../../../market/player/summary.ts';

/** What a month came to, in a few sentences. */
export function monthWords({ hours, exits, plans, equity, softening }: Summary): string {
  const permits = plans.entry_permits + plans.exit_permits;
  const kept = `${softening.net_usd < 0 ? 'would have cost' : 'would have saved'} $${grouped(Math.abs(softening.net_usd))}`;
  return [
    `${hours.played} hours were played.`,
    `Of ${exits.proposed} exits ${exits.softened} would have been softened, which ${kept}.`,
    `Plans got ${permits} permits and ${plans.blocks} blocks.`,
    `Equity went from $${grouped(equity.start_usd)} to $${grouped(equity.end_usd)}; the largest drawdown was ${equity.max_drawdown_percent.toFixed(2)} %.`,
  ].join(' ');
}

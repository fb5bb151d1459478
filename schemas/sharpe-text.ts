import { counted, percent } from './figure-text.ts';

interface Sharpe {
  readonly tries: number | null;
  readonly days: number;
  readonly sharpe: number | null;
  readonly sharpe_of_luck: number | null;
  readonly deflated: number | null;
}

const DIGITS = 3;

/** What is left of daily results after so many tries, in a sentence. */
export function sharpeText({ tries, days, sharpe, sharpe_of_luck, deflated }: Sharpe): string {
  const tried = tries === null ? 'It is not known how many policies were' : counted(tries, 'policy', 'policies');
  const said = `${tried} tried on these days`;
  if (sharpe === null) return `${said}; the daily results have no spread.`;
  const ratio = `Sharpe ratio of ${counted(days, 'day')} ${sharpe.toFixed(DIGITS)} (not annualised)`;
  if (sharpe_of_luck === null) return `${said}: ${ratio}, not deflated for that.`;
  const luck = `the best of so many without skill ${sharpe_of_luck.toFixed(DIGITS)}`;
  const left =
    deflated === null ? 'not enough data to deflate it (20 days are needed)' : `deflated ${percent(deflated)}`;
  return `${said}: ${ratio}, ${luck}: ${left}.`;
}

import { dollars, grouped, span } from '../../../schemas/amount-text.ts';
import { percentTo } from '../../../schemas/figure-text.ts';
import { fundingText } from '../../../schemas/funding-text.ts';
import type { CandleReplay } from '../../desk/candles/index.ts';
import type { RunResult } from '../../desk/candles/run.ts';
import { moment, table } from './output.ts';
import { differenceTables } from './replay-text.ts';

type Cell = (run: RunResult) => number;

/** What a replay over candles found, for a reader. */
export function candleReplayText(found: CandleReplay): string {
  const parts = [
    heading(found),
    found.stopped ? 'Stopped before the end: what follows is not all.\n' : '',
    modes(found),
    figures(found),
    fundingLines([
      ['in force', found.in_force],
      ['under the policy', found.under_policy],
    ]),
    gains(found),
    summary(found),
    ...(found.differences !== null && found.differences.changed > 0 ? differenceTables(found.differences) : []),
    strategyText(found),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function heading({ symbols, from, to, in_force, under_policy, took_ms }: CandleReplay): string {
  const { played } = in_force.hours;
  const twice = under_policy === null ? '' : ' twice';
  const rate = Math.round((played * 1000) / Math.max(1, took_ms));
  const seconds = span(took_ms / 1000);
  return (
    `${played} hours of ${symbols.length} symbols from ${shown(from)} to ${shown(to)}, played${twice} in ${seconds} ` +
    `(${rate} hours a second).\n`
  );
}

function modes({ in_force, under_policy }: CandleReplay): string {
  const words = (run: RunResult) => Object.entries(run.modes).map(([gate, mode]) => `${gate} ${mode}`);
  const lines = [`  in force: ${words(in_force).join(', ')}`];
  if (under_policy !== null) lines.push(`  under the policy: ${words(under_policy).join(', ')}`);
  return `Modes\n${lines.join('\n')}\n`;
}

function figures(found: CandleReplay): string {
  const { in_force, under_policy } = found;
  const blocks = { ...in_force.plans.blocks_by_reason, ...under_policy?.plans.blocks_by_reason };
  return table(
    ['', ...heads(found)],
    [
      row(found, 'equity at the end, USD', ({ equity }) => equity.end_usd, grouped),
      row(found, 'lowest, USD', ({ equity }) => equity.lowest_usd, grouped),
      row(found, 'highest, USD', ({ equity }) => equity.highest_usd, grouped),
      row(found, 'largest drawdown, %', ({ equity }) => equity.max_drawdown_percent, grouped),
      row(found, 'entries asked for', ({ plans }) => plans.entries, whole),
      row(found, 'entries permitted', ({ plans }) => plans.entry_permits, whole),
      ...Object.keys(blocks).map((reason) => {
        return row(found, `  blocked, ${reason}`, ({ plans }) => plans.blocks_by_reason[reason] ?? 0, whole);
      }),
      row(found, 'exits proposed', ({ exits }) => exits.proposed, whole),
      row(found, 'exits softened', ({ exits }) => exits.softened, whole),
      row(
        found,
        `kept parts in shadow, direct, ${in_force.softening.horizon_hours} h, USD`,
        ({ softening }) => softening.net_usd,
        grouped,
      ),
      ...proposalRows(found),
      row(found, 'violations of budgets', ({ violations }) => violations, whole),
    ],
  );
}

/** What funding came to in the equity and in the kept parts of plays, by their names. */
export function fundingLines(plays: readonly (readonly [name: string, run: RunResult | null])[]): string {
  const lines = plays.flatMap(([name, run]) => {
    if (run === null) return [];
    const { equity, funding, softening } = run;
    const end = `Equity at the end, ${name}: ${dollars(equity.end_usd)}${fundingText(funding, funding.positions, 'position')}.\n`;
    const kept = fundingText(softening.funding, softening.exits);
    return kept === '' ? [end] : [end, `Kept parts, ${name}: ${dollars(softening.net_usd)}${kept}.\n`];
  });
  return lines.join('');
}

/** What a strategy of the user's proposed, and what of it came to no plan. */
function proposalRows(found: CandleReplay): readonly (readonly string[])[] {
  const made = [found.in_force.proposals, found.under_policy?.proposals];
  if (made.every((counts) => counts === undefined)) return [];
  const reasons = new Set(made.flatMap((counts) => Object.keys(counts?.left_out ?? {})));
  return [
    row(found, 'proposals made', ({ proposals }) => proposals?.made ?? 0, whole),
    ...[...reasons].map((why) =>
      row(found, `  left out, ${why}`, ({ proposals }) => proposals?.left_out[why] ?? 0, whole),
    ),
  ];
}

function gains(found: CandleReplay): string {
  const { in_force, under_policy } = found;
  const symbols = new Set([...Object.keys(in_force.gains_usd), ...Object.keys(under_policy?.gains_usd ?? {})]);
  const rows = [...symbols].sort().map((symbol) => row(found, symbol, (run) => run.gains_usd[symbol] ?? 0, grouped));
  return rows.length === 0 ? '' : table(['GAINED, USD', ...heads(found)], rows);
}

function heads({ under_policy }: CandleReplay): readonly string[] {
  return under_policy === null ? ['IN FORCE'] : ['IN FORCE', 'UNDER THE POLICY', 'DIFFERENCE'];
}

function row({ in_force, under_policy }: CandleReplay, name: string, cell: Cell, say: (value: number) => string) {
  const before = cell(in_force);
  if (under_policy === null) return [name, say(before)];
  const after = cell(under_policy);
  const difference = after - before;
  return [name, say(before), say(after), `${difference > 0 ? '+' : ''}${say(difference)}`];
}

function summary({ decisions, differences }: CandleReplay): string {
  if (differences === null) return `${decisions} decisions of gates with limits.\n`;
  const { changed, verdict_changed } = differences;
  const share = decisions === 0 ? '' : ` (${percentTo(1, changed / decisions)})`;
  const verdicts = changed === 0 ? '' : `, ${verdict_changed} of them with another verdict or in one run alone`;
  return `${changed} of ${decisions} decisions come out otherwise under the policy${share}${verdicts}.\n`;
}

/** The strategy that was played, with its rules in words. */
export function strategyText({ rules: stated, strategy }: Pick<CandleReplay, 'rules' | 'strategy'>): string {
  const lines = Object.entries(stated).map(([name, text]) => `  ${name.replaceAll('_', ' ')}: ${text}`);
  return `Strategy, with ${grouped(strategy.start_equity_usd)} USD at the start\n${lines.join('\n')}\n`;
}

function shown(iso: string): string {
  return moment(String(Date.parse(iso) / 1000));
}

function whole(value: number): string {
  return String(value);
}

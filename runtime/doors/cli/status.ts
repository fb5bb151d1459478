import type { Command } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { dollars, span } from '../../../schemas/amount-text.ts';
import { figure, skippedText } from '../../../schemas/check-words.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { FeedsStatus } from '../../desk/doctor/feed-status.ts';
import {
  gatherStatus,
  type HeatStatus,
  type LaneLag,
  type Status,
  type TradingStatus,
} from '../../desk/doctor/status.ts';
import { type Served, servedNow, unservedText } from '../../desk/switches/workers-now.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { withoutUnusedFeeds } from '../../settings/load.ts';
import { activationLine } from './activate-text.ts';
import { effectProofText } from './effect-proof-text.ts';
import type { Io } from './io.ts';
import { type CommonOptions, wholeNumber, withCommonOptions } from './options.ts';
import { moment, print, printable, table } from './output.ts';
import { lanesIn, type PortfolioConnection, withSessions } from './session.ts';

/** Characters of a line of lanes and decisions at most. */
const COLUMNS = 100;

interface StatusOptions extends CommonOptions {
  readonly decisions: number;
}

/** `status`: what an operator wants to know first, on one page. */
export function statusCommand(program: Command, io: Io): void {
  withCommonOptions(
    program
      .command('status')
      .description('modes, heat, trading state, effect proof, lag, dead letters, last decisions'),
  )
    .option('--decisions <count>', 'how many of the last decisions', wholeNumber(0, 1000), 10)
    .addHelpText('after', '\nExamples:\n  $ portcullis status\n  $ portcullis status --json | jq .trading')
    .action(async (options: StatusOptions) => {
      const handlers = withoutUnusedFeeds(io.environment, await loadHandlers());
      const { results, throwFirst } = await withSessions(io, options, async ({ redis, portfolio }) =>
        lookAt(io, { redis, portfolio }, handlers, options),
      );
      const statuses = results.map(({ status }) => status);
      const shown = statuses.length === 1 ? statuses[0] : statuses;
      print(io, options, shown, () => results.map(statusText).join('\n\n'));
      throwFirst();
    });
}

interface Looked {
  readonly status: Status;
  readonly served: Served | undefined;
}

async function lookAt(
  io: Io,
  { redis, portfolio }: Pick<PortfolioConnection, 'redis' | 'portfolio'>,
  handlers: readonly AnyHandler[],
  { decisions, json }: StatusOptions,
): Promise<Looked> {
  const gates = { handlers, lanes: lanesIn(io.environment, portfolio, handlers) };
  const status = await gatherStatus(redis, portfolio, gates, decisions);
  return { status, served: json === true ? undefined : await servedNow(redis, portfolio) };
}

/** The status as a page of text. */
function statusText({ status, served }: Looked): string {
  const sections = [
    headText(status, served),
    ...aheadTexts(status),
    tradingText(status.trading) + droppedText(status.dropped_limits),
    heatText(status.heat),
    effectProofText(status.effect_proof, status.portfolio_at),
    ...feedTexts(status.feeds),
    modesText(status),
    ...activationTexts(status),
    lanesText(status.lanes),
    decisionsText(status),
  ];
  return sections.join('\n');
}

function headText({ portfolio, at, portfolio_at }: Status, served: Served | undefined): string {
  const own = portfolio_at === at ? '' : `, its simulated clock at ${moment(String(portfolio_at))}`;
  return `Portfolio ${portfolio} at ${moment(String(at))}${own}\n${unservedText(portfolio, served)}`;
}

/** Nothing where all is well: it stands before everything else. */
function aheadTexts({ streams_ahead }: Status): string[] {
  const lines = streams_ahead.map(({ stream, problem, do: todo }) => `STREAM ${stream}: ${problem}: ${todo}\n`);
  return lines.length === 0 ? [] : [lines.join('')];
}

function tradingText(trading: TradingStatus): string {
  const armed = trading.armed ? 'armed' : 'DISARMED: OPEN plans are refused';
  const by =
    trading.actor === ''
      ? ''
      : `  (${printable(trading.actor)}: ${printable(trading.reason)}, ${moment(trading.since)})`;
  const kill = trading.kill === 'on' ? 'ON: nothing gets a permit' : 'off';
  return `Kill switch    ${kill}\nTrading state  ${printable(trading.trading_state)}, ${armed}${by}\n${holdTexts(trading)}${restoredText(trading)}`;
}

function holdTexts({ holds }: TradingStatus): string {
  return holds.map(({ words, do: todo }) => `OPEN REFUSED   ${words}: ${todo}\n`).join('');
}

function restoredText({ restored_at: at }: TradingStatus): string {
  if (at === null) return '';
  const when =
    at === 0
      ? 'at a time that cannot be read: no permit for any plan'
      : `${moment(String(at))}: no permit for plans sent before`;
  return `RESTORED       ${when}, until \`portcullis restore release\`\n`;
}

function droppedText(limits: readonly string[]): string {
  return limits.length === 0 ? '' : `NOT IN FORCE   ${printable(limits.join(' '))}: no cap blocks a close here\n`;
}

function heatText(heat: HeatStatus | null): string {
  if (heat === null) return 'Heat           not computed yet\n';
  const age = heat.age_sec === null ? 'of unknown age' : `${span(heat.age_sec)} old`;
  const equity = heat.equity_usd === null ? 'unknown' : dollars(heat.equity_usd);
  const value = heat.heat === null ? 'unknown' : figure(heat.heat);
  return `Heat           ${value} ${printable(heat.bucket)} (${printable(heat.reason)}), equity ${equity}, ${age}\n`;
}

/** Nothing where no feed was ever collected here. */
function feedTexts({ collected, doubt, events, differences }: FeedsStatus): string[] {
  if (collected.length === 0) return [];
  const rows = collected.map(({ feed, state, age_sec, source, worker, error }) => {
    return [feed, state, age_sec === null ? 'never' : `${span(age_sec)} ago`, source, worker, error];
  });
  const differing = differences.map(({ symbol, exchange_qty, other_qty, where }) => {
    return `Position       ${printable(symbol)}: exchange ${exchange_qty}, ${where} ${other_qty}: the exchange's is used\n`;
  });
  const told = [doubt, events].filter((text) => text !== '');
  const account = told.map((text) => `Account        ${printable(text)}\n`);
  return [table(['FEED', 'STATE', 'COLLECTED', 'FROM', 'BY', 'PROBLEM'], rows), ...account, ...differing];
}

function modesText({ modes }: Status): string {
  const shown = table(
    ['GATE', 'MODE', 'SINCE', 'SET BY', 'REASON'],
    modes.map(({ gate, mode, since, actor, reason }) => [gate, mode || 'not set', moment(since), actor, reason]),
  );
  const set = modes.flatMap(({ gate, limits }) => {
    const named = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
    return named.length === 0 ? [] : [`Limits set of ${gate}: ${printable(named.join(' '))}\n`];
  });
  const foreign = modes.flatMap(({ gate, mode, foreign: written }) =>
    written === undefined ? [] : [foreignLine(gate, mode, written)],
  );
  const skipped = modes.flatMap(({ gate, skips }) =>
    skips.length === 0 ? [] : [`Mode of ${gate}: ${printable(skippedText(skips))}\n`],
  );
  return `${shown}${foreign.join('')}${skipped.join('')}${set.join('')}`;
}

function foreignLine(gate: string, mode: string, written: string): string {
  const todo = `portcullis mode ${gate} ${mode || 'MODE'} --reason … writes over it`;
  return `NOT IN FORCE   ${gate}: ${printable(written)} was set by somebody outside, past Portcullis: ${todo}\n`;
}

/** Nothing where no gate was ever activated; what became of an activation is said for a day. */
function activationTexts({ activations, at }: Status): string[] {
  const told = activations.filter(({ ended_ms }) => ended_ms === null || at * 1000 - ended_ms < DAY_MS);
  return told.length === 0 ? [] : [told.map((one) => activationLine(one, at * 1000)).join('')];
}

function lanesText(lanes: readonly LaneLag[]): string {
  return table(
    ['HANDLER', 'STREAM', 'GROUP', 'WAITING', 'OLDEST', 'PENDING', 'DEAD LETTERS'],
    lanes.map((lane) => [
      lane.handler,
      lane.stream,
      lane.group,
      String(lane.undelivered),
      lane.undelivered === 0 ? '-' : span(lane.ageMs / 1000),
      String(lane.pending),
      String(lane.deadLetters),
    ]),
    COLUMNS,
  );
}

/** The day is left out of what was decided today: there is little room. */
function decisionsText({ decisions, portfolio_at: at }: Status): string {
  if (decisions.length === 0) return 'No decisions yet.\n';
  const head = ['TIME', 'GATE', 'VERDICT', 'SYMBOL', 'PLAN', 'ACTION', 'REASON'];
  const today = moment(String(at)).slice(0, 11);
  const rows = decisions.map(decisionCells).map(([time = '', ...others]) => [time.replace(today, ''), ...others]);
  return table(head, rows, COLUMNS);
}

/** A decision in the columns in which decisions are shown. */
export function decisionCells(fields: Fields): string[] {
  const { timestamp = '', handler = '', verdict = '', symbol = '', plan_id = '', action = '', reason = '' } = fields;
  return [moment(timestamp), handler, verdict, symbol, plan_id, action, reason];
}

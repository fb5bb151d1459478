import type { Command } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { dollars, span } from '../../../schemas/amount-text.ts';
import { figure, skippedText } from '../../../schemas/check-words.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { printable } from '../../../schemas/printable.ts';
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
import { brief, LABEL_WIDTH, labelled, moment, print, table, wrapped } from './output.ts';
import { lanesIn, type PortfolioConnection, withSessions } from './session.ts';
import { stated, toned } from './style.ts';

/** Characters of an operator's reason at most. */
const MOST_REASON = 500;
/** Where `decisionCells` has the verdict. */
const VERDICT_AT = 2;

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
      print(io, options, shown, () => results.map((one) => statusText(one, io.columns)).join('\n\n'));
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

/** The status as a page of text, in lines of `within` characters where that can be. */
function statusText({ status, served }: Looked, within?: number): string {
  const sections = [
    headText(status, served, within),
    ...aheadTexts(status, within),
    tradingText(status.trading, within) + droppedText(status.dropped_limits, within),
    heatText(status.heat, within),
    effectProofText(status.effect_proof, status.portfolio_at, within),
    ...feedTexts(status.feeds, within),
    modesText(status, within),
    ...activationTexts(status, within),
    lanesText(status.lanes, within),
    decisionsText(status, within),
  ];
  return sections.join('\n');
}

function headText({ portfolio, at, portfolio_at }: Status, served: Served | undefined, within?: number): string {
  const own = portfolio_at === at ? '' : `, its simulated clock at ${moment(String(portfolio_at))}`;
  const head = wrapped(`Portfolio ${portfolio} at ${moment(String(at))}${own}`, 0, within);
  const unserved = unservedText(portfolio, served).trimEnd();
  return `${head}\n${unserved === '' ? '' : `${toned('bad', wrapped(unserved, 0, within))}\n`}`;
}

/** Nothing where all is well: it stands before everything else. */
function aheadTexts({ streams_ahead }: Status, within?: number): string[] {
  const lines = streams_ahead.map(
    ({ stream, problem, do: todo }) =>
      `${toned('bad', 'STREAM')} ${wrapped(`${stream}: ${problem}: ${todo}`, 'STREAM '.length, within)}\n`,
  );
  return lines.length === 0 ? [] : [lines.join('')];
}

function tradingText(trading: TradingStatus, within?: number): string {
  const armed = trading.armed ? 'armed' : toned('bad', 'DISARMED: OPEN plans are refused');
  const by =
    trading.actor === ''
      ? ''
      : `  (${brief(trading.actor)}: ${brief(trading.reason, MOST_REASON)}, ${moment(trading.since)})`;
  const kill = trading.kill === 'on' ? toned('bad', 'ON: nothing gets a permit') : 'off';
  const state = stated(brief(trading.trading_state), trading.trading_state);
  return [
    labelled('Kill switch', kill, within),
    labelled('Trading state', `${state}, ${armed}${by}`, within),
    ...trading.holds.map(({ words, do: todo }) => labelled('OPEN REFUSED', `${words}: ${todo}`, within, 'bad')),
    restoredText(trading, within),
  ].join('');
}

function restoredText({ restored_at: at }: TradingStatus, within?: number): string {
  if (at === null) return '';
  const when =
    at === 0
      ? 'at a time that cannot be read: no permit for any plan'
      : `${moment(String(at))}: no permit for plans sent before`;
  return labelled('RESTORED', `${when}, until \`portcullis restore release\``, within, 'bad');
}

function droppedText(limits: readonly string[], within?: number): string {
  if (limits.length === 0) return '';
  return labelled('NOT IN FORCE', `${printable(limits.join(' '))}: no cap blocks a close here`, within, 'watch');
}

function heatText(heat: HeatStatus | null, within?: number): string {
  if (heat === null) return labelled('Heat', toned('unknown', 'not computed yet'), within);
  const age = heat.age_sec === null ? 'of unknown age' : `${span(heat.age_sec)} old`;
  const equity = heat.equity_usd === null ? 'unknown' : dollars(heat.equity_usd);
  const said = `${heat.heat === null ? 'unknown' : figure(heat.heat)} ${brief(heat.bucket)}`;
  const value = stated(said, heat.heat === null ? 'unknown' : heat.bucket);
  return labelled('Heat', `${value} (${brief(heat.reason)}), equity ${equity}, ${age}`, within);
}

/** Nothing where no feed was ever collected here. */
function feedTexts({ collected, doubt, events, differences }: FeedsStatus, within?: number): string[] {
  if (collected.length === 0) return [];
  const rows = collected.map(({ feed, state, age_sec, source, worker, error }) => {
    return [feed, state, age_sec === null ? 'never' : `${span(age_sec)} ago`, source, worker, error];
  });
  const differing = differences.map(({ symbol, exchange_qty, other_qty, where }) => {
    const both = `${brief(symbol)}: exchange ${exchange_qty}, ${where} ${other_qty}`;
    return labelled('Position', `${both}: the exchange's is used`, within, 'watch');
  });
  const told = [doubt, events].filter((text) => text !== '');
  const account = told.map((text) => labelled('Account', brief(text), within, 'bad'));
  return [table(['FEED', 'STATE', 'COLLECTED', 'FROM', 'BY', 'PROBLEM'], rows, within), ...account, ...differing];
}

function modesText({ modes }: Status, within?: number): string {
  const shown = table(
    ['GATE', 'MODE', 'SINCE', 'SET BY', 'REASON'],
    modes.map(({ gate, mode, since, actor, reason }) => [gate, mode || 'not set', moment(since), actor, reason]),
    within,
  );
  const line = (text: string) => `${wrapped(text, LABEL_WIDTH, within)}\n`;
  const set = modes.flatMap(({ gate, limits }) => {
    const named = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
    return named.length === 0 ? [] : [line(`Limits set of ${gate}: ${printable(named.join(' '))}`)];
  });
  const foreign = modes.flatMap(({ gate, mode, foreign: written }) =>
    written === undefined ? [] : [foreignLine({ gate, mode, written }, within)],
  );
  const skipped = modes.flatMap(({ gate, skips }) =>
    skips.length === 0 ? [] : [line(`Mode of ${gate}: ${printable(skippedText(skips))}`)],
  );
  return `${shown}${foreign.join('')}${skipped.join('')}${set.join('')}`;
}

interface Foreign {
  readonly gate: string;
  readonly mode: string;
  readonly written: string;
}

function foreignLine({ gate, mode, written }: Foreign, within?: number): string {
  const todo = `portcullis mode ${gate} ${mode || 'MODE'} --reason … writes over it`;
  const what = `${gate}: ${brief(written)} was set by somebody outside, past Portcullis`;
  return labelled('NOT IN FORCE', `${what}: ${todo}`, within, 'bad');
}

/** Nothing where no gate was ever activated; what became of an activation is said for a day. */
function activationTexts({ activations, at }: Status, within?: number): string[] {
  const told = activations.filter(({ ended_ms }) => ended_ms === null || at * 1000 - ended_ms < DAY_MS);
  return told.length === 0 ? [] : [told.map((one) => activationLine(one, at * 1000, within)).join('')];
}

function lanesText(lanes: readonly LaneLag[], within?: number): string {
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
    within,
  );
}

/** The day is left out of what was decided today: there is little room. */
function decisionsText({ decisions, portfolio_at: at }: Status, within?: number): string {
  if (decisions.length === 0) return 'No decisions yet.\n';
  const head = ['TIME', 'GATE', 'VERDICT', 'SYMBOL', 'PLAN', 'ACTION', 'REASON'];
  const today = moment(String(at)).slice(0, 11);
  const rows = decisions.map(decisionCells).map(([time = '', ...others]) => [time.replace(today, ''), ...others]);
  return table(head, rows, within);
}

/** A decision in the columns in which decisions are shown. */
function decisionCells(fields: Fields): string[] {
  const { timestamp = '', handler = '', verdict = '', symbol = '', plan_id = '', action = '', reason = '' } = fields;
  return [moment(timestamp), handler, verdict, symbol, plan_id, action, reason];
}

/** A decision as a line, its verdict in colour. */
export function decisionLine(fields: Fields): string {
  const cells = decisionCells(fields).map((cell) => brief(cell) || '-');
  return `${cells.map((cell, at) => (at === VERDICT_AT ? stated(cell) : cell)).join('  ')}\n`;
}

import type { AccountReport } from '../../schemas/account.ts';
import type { DoubtSettings } from '../../schemas/account-doubt.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import { type AccountMemory, type NetTransfers, parseMemory } from '../../schemas/portfolio-state.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { readingVerdicts } from '../common/feed-metrics.ts';
import type { Count, Effect, LogLine, Outcome } from '../contract/effects.ts';
import type { HashFact } from '../contract/reads.ts';
import { type DifferencesOutcome, differences } from './differences.ts';
import { executionsTold } from './executions.ts';
import { highWaterMark, type PricedTransfer, raised, shifted } from './high-water-mark.ts';
import { doubtEffect, feedEvent, lowEquityEffect, memoryEffect, stateEffect } from './outcome.ts';
import { positionEffects, writtenPositions } from './positions.ts';
import { fillsTold, type TradeFacts, tradesOf } from './trades.ts';
import { newTransfers, pricedTransfers, type UnpricedTransfer } from './transfers.ts';
import { type Doubt, isFall, parseDoubt, type Trust, trustOf } from './trust.ts';
import type { Reported } from './views.ts';

/** What a reading is judged on. */
export interface AccountFacts extends TradeFacts {
  readonly memory: HashFact;
  readonly doubt: HashFact;
  readonly held: HashFact;
  readonly differences: HashFact;
  readonly reported: Reported;
}

/** What transfers told with a reading do to what is remembered. */
interface Moved {
  readonly memory: AccountMemory;
  readonly outcome: Outcome;
}

const SYMBOLS_LOGGED = 10;

/** What a reading of the account comes to: state and positions where it is believed, a doubt where it is not yet. */
export function judge(report: AccountReport, facts: AccountFacts, limits: DoubtSettings, nowMs: number): Outcome {
  const moved = afterTransfers(report, parseMemory(facts.memory.fields), facts.reported, nowMs);
  const { takenMs } = moved.memory;
  const executed = executionsTold(report);
  const fills = joined([fillsTold(report, facts), executed]);
  if (takenMs !== undefined && report.takenMs <= takenMs)
    return joined([moved.outcome, remembered(moved, 'older', nowMs), older(report.takenMs, takenMs), fills]);
  const held = writtenPositions(facts.held.fields);
  const doubt = parseDoubt(facts.doubt.fields);
  const trust = trustOf(report, { ...moved.memory, held: held.size }, doubt, { now: toEpochSeconds(nowMs), limits });
  switch (trust.verdict) {
    case 'unusable':
      return joined([moved.outcome, remembered(moved, 'unusable', nowMs), unusable(report), fills]);
    case 'doubted':
      return joined([moved.outcome, remembered(moved, 'doubted', nowMs), doubted(trust, nowMs), fills]);
    case 'trusted': {
      const positions = positionEffects(report, held, facts.reported);
      return joined([
        moved.outcome,
        believed(report, moved.memory, trust, nowMs),
        trust.ended === undefined ? empty(facts.doubt) : ended(trust.ended, doubt, nowMs),
        { effects: positions.effects },
        tradesOf(report, held, facts, nowMs),
        executed,
        closedOutcome(positions.closed, nowMs),
        differing(differences(report, held, facts.reported, facts.differences.fields), nowMs),
      ]);
    }
  }
}

function afterTransfers(report: AccountReport, memory: AccountMemory, reported: Reported, nowMs: number): Moved {
  const { fresh, remembered: transfers } = newTransfers(report, memory.transfers);
  if (fresh.length === 0) return { memory: { ...memory, transfers }, outcome: { effects: [] } };
  const { priced, unpriced } = pricedTransfers(fresh, (asset) => reported.price(`${asset}USDT`));
  const since = priced.filter(({ atMs }) => memory.readMs !== undefined && atMs > memory.readMs);
  const sinceUsd = since.reduce((sum, { usd }) => sum + usd, 0);
  const plus = (value: number | undefined) => (value === undefined ? undefined : round10(value + sinceUsd));
  return {
    memory: {
      ...memory,
      transfers,
      marks: shifted(memory.marks, priced),
      net: netAfter(memory.net, priced),
      equityUsd: plus(memory.equityUsd),
      balanceUsd: plus(memory.balanceUsd),
    },
    outcome: memory.readMs === undefined ? { effects: [] } : transferOutcome(priced, unpriced, nowMs),
  };
}

/** What was there at the reading that the count began with came before it. */
function netAfter(net: NetTransfers | undefined, priced: readonly PricedTransfer[]): NetTransfers | undefined {
  if (net === undefined) return undefined;
  const since = priced.filter(({ atMs }) => atMs > net.sinceMs);
  return { ...net, totalUsd: round10(since.reduce((sum, { usd }) => sum + usd, net.totalUsd)) };
}

function transferOutcome(
  priced: readonly PricedTransfer[],
  unpriced: readonly UnpricedTransfer[],
  nowMs: number,
): Outcome {
  const corrected = priced.map(({ usd }) => {
    const detail = formatNumber(round10(usd));
    return {
      text: `account feed: ${detail} USD ${usd < 0 ? 'withdrawn' : 'deposited'}: the high-water mark moves by it`,
      detail,
    };
  });
  const unknown = unpriced.map(({ asset, amount }) => ({
    text: `account feed: ${formatNumber(amount)} ${asset} came or went, and no price of it is known: the high-water mark stays`,
    detail: `${formatNumber(amount)} ${asset}`,
  }));
  return {
    effects: [
      ...corrected.map(({ detail }) => feedEvent('HWM_CORRECTED', { reason: 'transfer', detail }, nowMs)),
      ...unknown.map(({ detail }) => feedEvent('TRANSFER_UNPRICED', { reason: 'no_price', detail }, nowMs)),
    ],
    counts: priced.length === 0 ? [] : [{ metric: 'feed_transfers_total', by: priced.length }],
    log: [
      ...corrected.map(({ text }): LogLine => ({ level: 'info', text })),
      ...unknown.map(({ text }): LogLine => ({ level: 'warn', text })),
    ],
  };
}

function remembered({ memory }: Moved, verdict: (typeof readingVerdicts)[number], nowMs: number): Outcome {
  return { effects: [memoryEffect(memory, nowMs)], counts: [readingCount(verdict)] };
}

function believed(
  report: AccountReport,
  memory: AccountMemory,
  { equityUsd }: Extract<Trust, { verdict: 'trusted' }>,
  nowMs: number,
): Outcome {
  const { sentMs, readMs, takenMs, balanceUsd } = report;
  const problems = report.problems.slice(0, SYMBOLS_LOGGED).join('; ');
  const marks = raised(memory.marks, { sentMs, readMs, equityUsd });
  const net = memory.net ?? { totalUsd: 0, sinceMs: readMs };
  const after: AccountMemory = { ...memory, marks, net, equityUsd, balanceUsd, takenMs, readMs, problems };
  return {
    effects: [stateEffect(report, equityUsd, highWaterMark(marks), net), memoryEffect(after, nowMs)],
    counts: [readingCount('trusted')],
    log: problems === '' || problems === memory.problems ? [] : [{ level: 'warn', text: `account feed: ${problems}` }],
  };
}

/** The same reading may come twice; one from before the last believed one means a clock of Redis that went back. */
function older(readMs: number, lastMs: number): Outcome {
  if (readMs === lastMs) return { effects: [] };
  const [from, last] = [readMs, lastMs].map((ms) => new Date(ms).toISOString());
  const text = `account feed: a reading of ${from} is left out: the last believed one is of ${last}`;
  return { effects: [], log: [{ level: 'warn', text }] };
}

function unusable({ problems }: AccountReport): Outcome {
  const why = problems.length === 0 ? 'it has no equity' : problems.slice(0, SYMBOLS_LOGGED).join('; ');
  return { effects: [], log: [{ level: 'error', text: `account feed: a reading cannot be used: ${why}` }] };
}

function doubted({ doubt, isNew }: Extract<Trust, { verdict: 'doubted' }>, nowMs: number): Outcome {
  const expected = doubt.expectedUsd === undefined ? '' : `, expected about ${formatNumber(doubt.expectedUsd)}`;
  const detail = `equity ${formatNumber(doubt.equityUsd)}${expected}`;
  const text = `account feed: a reading is not believed until a second one says the same (${doubt.reason}: ${detail})`;
  return {
    effects: [
      doubtEffect(doubt),
      ...(isFall(doubt.reason) ? [lowEquityEffect(doubt.equityUsd)] : []),
      ...(isNew ? [feedEvent('EQUITY_DOUBTED', { reason: doubt.reason, detail }, nowMs)] : []),
    ],
    counts: isNew ? [{ metric: 'feed_doubts_total', labels: { reason: doubt.reason } }] : [],
    log: isNew ? [{ level: 'error', text }] : [],
    ...(isNew && { decision: { verdict: 'DOUBTED', reason: doubt.reason } }),
  };
}

function ended(how: 'confirmed' | 'dismissed', doubt: Doubt | undefined, nowMs: number): Outcome {
  const event = how === 'confirmed' ? 'EQUITY_CONFIRMED' : 'EQUITY_DISMISSED';
  const reason = doubt?.reason ?? '';
  const detail = doubt === undefined ? '' : `equity ${formatNumber(doubt.equityUsd)}`;
  const text = `account feed: the reading that was not believed is ${how} (${reason}: ${detail})`;
  return {
    effects: [{ do: 'del', key: keys.doubt }, feedEvent(event, { reason, detail }, nowMs)],
    log: [{ level: how === 'confirmed' ? 'error' : 'info', text }],
    decision: { verdict: how === 'confirmed' ? 'CONFIRMED' : 'DISMISSED', reason },
  };
}

/** A doubt nobody can read must not stand for ever. */
function empty({ fields, wrongType }: HashFact): Outcome {
  return { effects: fields === null && !wrongType ? [] : [{ do: 'del', key: keys.doubt }] };
}

function closedOutcome(closed: readonly string[], nowMs: number): Outcome {
  return {
    effects: closed.map((symbol) => feedEvent('POSITION_CLOSED', { symbol, reason: 'flat_on_exchange' }, nowMs)),
    log:
      closed.length === 0
        ? []
        : [{ level: 'info', text: `account feed: closed: ${closed.slice(0, SYMBOLS_LOGGED).join(', ')}` }],
  };
}

function differing({ told, effects }: DifferencesOutcome, nowMs: number): Outcome {
  const events = told.map(({ symbol, exchangeQty, otherQty, where }): [string, string, Effect] => {
    const detail = `exchange ${formatNumber(exchangeQty)}, ${where} ${formatNumber(otherQty)}`;
    return [symbol, detail, feedEvent('POSITION_DIFFERS', { symbol, reason: where, detail }, nowMs)];
  });
  const lines = events.slice(0, SYMBOLS_LOGGED).map(([symbol, detail]) => `${symbol}: ${detail}`);
  const text = `account feed: another producer has other positions, the exchange's are used: ${lines.join('; ')}`;
  return {
    effects: [...effects, ...events.map(([, , event]) => event)],
    counts: told.map(({ where }): Count => ({ metric: 'feed_position_differences_total', labels: { where } })),
    log: told.length === 0 ? [] : [{ level: 'warn', text }],
  };
}

function readingCount(verdict: (typeof readingVerdicts)[number]): Count {
  return { metric: 'feed_readings_total', labels: { verdict } };
}

function joined(outcomes: readonly Outcome[]): Outcome {
  const decision = outcomes.find((one) => one.decision !== undefined)?.decision;
  return {
    ...(decision !== undefined && { decision }),
    effects: outcomes.flatMap((one) => one.effects),
    counts: outcomes.flatMap((one) => one.counts ?? []),
    log: outcomes.flatMap((one) => one.log ?? []),
  };
}

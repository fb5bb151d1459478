import type { Redis } from 'ioredis';
import { FACTS_PROBLEM } from '../../../schemas/decision-facts.ts';
import { SECOND_MS } from '../../../schemas/duration.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { rawDecisionPages, type TimeRange } from '../decisions/decision-export.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { FactsJoin } from '../decisions/facts-join.ts';
import { endLineText, sealLineText } from './export-lines.ts';
import { leafOf, sealedLine, writtenId } from './leaf.ts';
import { sealEntries } from './ledger-seals.ts';
import { type Group, RangeCursor } from './range-cursor.ts';
import { type Seal, sealOf } from './seal.ts';

/** Some lines of a sealed export, and the decisions among them. */
export interface SealedPage {
  readonly text: string;
  readonly decisions: readonly LoggedDecision[];
}

/**
 * The decisions of a time range with what proves them: each range of which one is among them is whole in it, behind a
 * line with its seal and leaves; what no seal covers yet follows. The last line says what the file is.
 */
export async function* sealedPages(
  redis: Redis,
  portfolio: Portfolio,
  range: TimeRange,
  key: string | undefined,
): AsyncGenerator<SealedPage> {
  const chosen = await wanted(redis, portfolio, range);
  const facts = new FactsJoin(redis, portfolio);
  const told = { first: 0, decisions: 0, unsealed: 0, trimmed: false };
  let factless = 0;
  const pages = rawDecisionPages(redis, portfolio, { fromMs: chosen.fromMs, toMs: Number.MAX_SAFE_INTEGER });
  for await (const { group, decisions } of byRange(pages, chosen, range)) {
    const joined = await facts.join(decisions);
    const lines = decisions.map((one, at) => sealedLine(one, joined[at]?.fields ?? one.fields));
    const seal = typeof group === 'number' ? chosen.seals[group] : undefined;
    told.decisions += decisions.length;
    factless += joined.filter(({ fields }) => fields[FACTS_PROBLEM] !== undefined).length;
    if (seal === undefined) told.unsealed += decisions.length;
    else {
      const leaves = decisions.map((one) => `${writtenId(one)} ${leafOf(one).toString('hex')}`);
      const entry = { ...chosen.entries.get(seal.seal) };
      lines.unshift(sealLineText({ portfolio: portfolio.outputPrefix, entry, leaves }));
      if (told.first === 0)
        Object.assign(told, { first: seal.seal, trimmed: writtenId(decisions[0] as LoggedDecision) !== seal.from });
    }
    yield { text: lines.map((line) => `${line}\n`).join(''), decisions };
  }
  const { seal: last = 0, after: head = '' } = chosen.seals.at(-1) ?? {};
  const end = {
    portfolio: portfolio.outputPrefix,
    ...told,
    ...(factless > 0 && { factless }),
    last,
    head,
    until: range.toMs,
  };
  yield { text: `${endLineText(end, key)}\n`, decisions: [] };
}

/** The seals of a time range, one behind the other, and where in the log to begin. */
interface Wanted {
  readonly entries: ReadonlyMap<number, Fields>;
  readonly seals: readonly Seal[];
  /** Whether the newest seal of all is among them, or there is none. */
  readonly isNewest: boolean;
  /** Unix ms of the first decision, by the id it stands under. */
  readonly fromMs: number;
}

async function wanted(redis: Redis, portfolio: Portfolio, { fromMs, toMs }: TimeRange): Promise<Wanted> {
  const entries = new Map<number, Fields>();
  const all: Seal[] = [];
  const isBegun: boolean[] = [];
  for (const fields of await sealEntries(redis, portfolio)) {
    const seal = sealOf(fields);
    if (seal === undefined) continue;
    all.push(seal);
    // A range that was sealed by then was decided by then, whatever its ids say.
    isBegun.push(streamIdMs(seal.from) <= toMs || Number(fields.timestamp) * SECOND_MS <= toMs);
    entries.set(seal.seal, fields);
  }
  const found = all.findIndex(({ to }) => streamIdMs(to) >= fromMs);
  let end = isBegun.lastIndexOf(true) + 1;
  // What began ahead of the clock was taken back to stand before what follows it.
  while (end > 0 && beginsAhead(all, end)) end += 1;
  const seals = found < 0 ? [] : all.slice(placeBefore(all, found, end), end);
  const begin = seals[0];
  return {
    ...{ entries, seals, isNewest: end === all.length },
    fromMs: begin === undefined ? fromMs : Math.min(fromMs, streamIdMs(begin.from)),
  };
}

/** Whether one of the ranges behind this one has lower ids. */
function beginsAhead(all: readonly Seal[], place: number): boolean {
  const from = all[place]?.from;
  return from !== undefined && all.slice(place + 1).some((later) => compareStreamIds(later.from, from) < 0);
}

/** What began ahead of the clock stands elsewhere since it was taken back, and only what came before it says where. */
function placeBefore(all: readonly Seal[], found: number, end: number): number {
  const lowest = all
    .slice(found, end)
    .reduce((ms, { from }) => Math.min(ms, streamIdMs(from)), Number.MAX_SAFE_INTEGER);
  let place = found;
  while (place > 0 && streamIdMs((all[place] as Seal).from) > lowest) place -= 1;
  return place;
}

/** The decisions by the sealed range they are in; a range is held in memory, what no seal covers a page at a time. */
async function* byRange(
  pages: AsyncIterable<readonly LoggedDecision[]>,
  { seals, isNewest }: Wanted,
  { fromMs, toMs }: TimeRange,
): AsyncGenerator<{ readonly group: Group; readonly decisions: readonly LoggedDecision[] }> {
  const cursor = new RangeCursor(seals);
  const begin = seals[0]?.from ?? '0-0';
  let open: LoggedDecision[] = [];
  const ended = (group: Group | undefined) => {
    if (group === undefined) return [];
    const isSealed = typeof group === 'number';
    const decisions = isSealed ? open : open.filter(({ id }) => streamIdMs(id) >= fromMs && streamIdMs(id) <= toMs);
    open = [];
    return decisions.length === 0 ? [] : [{ group, decisions }];
  };
  for await (const page of pages) {
    for (const one of page) {
      // In the same millisecond as the first, and of the range before it.
      if (streamIdMs(one.id) === streamIdMs(begin) && compareStreamIds(one.id, begin) < 0) continue;
      yield* ended(cursor.take(writtenId(one)));
      if (cursor.outside === 'unsealed' && !isNewest) return;
      open.push(one);
    }
    if (cursor.outside !== undefined) yield* ended(cursor.outside);
  }
  yield* ended(cursor.end());
}

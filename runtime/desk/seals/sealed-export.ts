import type { Redis } from 'ioredis';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { rawDecisionPages, type TimeRange } from '../decisions/decision-export.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { FactsJoin } from '../decisions/facts-join.ts';
import { endLineText, sealLineText } from './export-lines.ts';
import { leafOf, sealedLine, writtenId } from './leaf.ts';
import { sealEntries } from './ledger-seals.ts';
import { type Seal, sealOf } from './seal.ts';
import { SealedRanges } from './sealed-ranges.ts';

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
  const { entries, ranges, newest, ids } = await wanted(redis, portfolio, range);
  const facts = new FactsJoin(redis, portfolio);
  const told = { first: 0, decisions: 0, unsealed: 0, trimmed: false };
  for await (const { place, decisions } of byRange(rawDecisionPages(redis, portfolio, ids.ms), ranges, ids)) {
    const joined = await facts.join(decisions);
    const lines = decisions.map((one, at) => sealedLine(one, joined[at]?.fields ?? one.fields));
    const seal = place === undefined ? undefined : ranges.all[place];
    told.decisions += decisions.length;
    if (seal === undefined) told.unsealed += decisions.length;
    else {
      const leaves = decisions.map((one) => `${writtenId(one)} ${leafOf(one).toString('hex')}`);
      const entry = { ...entries.get(seal.seal) };
      lines.unshift(sealLineText({ portfolio: portfolio.outputPrefix, entry, leaves }));
      if (told.first === 0)
        Object.assign(told, { first: seal.seal, trimmed: writtenId(decisions[0] as LoggedDecision) !== seal.from });
    }
    yield { text: lines.map((line) => `${line}\n`).join(''), decisions };
  }
  const { seal: last = 0, after: head = '' } = newest ?? {};
  const end = { portfolio: portfolio.outputPrefix, ...told, last, head, until: ids.ms.toMs };
  yield { text: `${endLineText(end, key)}\n`, decisions: [] };
}

/** Ids and times of what is to be exported: whole ranges. */
interface Wanted {
  readonly from: string;
  /** Empty: no end but the time. */
  readonly to: string;
  readonly ms: TimeRange;
}

async function wanted(redis: Redis, portfolio: Portfolio, { fromMs, toMs }: TimeRange) {
  const entries = new Map<number, Fields>();
  const seals: Seal[] = [];
  for (const fields of await sealEntries(redis, portfolio)) {
    const seal = sealOf(fields);
    if (seal === undefined || streamIdMs(seal.to) < fromMs || streamIdMs(seal.from) > toMs) continue;
    seals.push(seal);
    entries.set(seal.seal, fields);
  }
  const ranges = new SealedRanges(seals);
  const [first, last] = [ranges.all[0], ranges.all.at(-1)];
  const isWidened = first !== undefined && streamIdMs(first.from) <= fromMs;
  const isEndInside = last !== undefined && streamIdMs(last.to) >= toMs;
  const ids: Wanted = {
    from: isWidened ? first.from : `${Math.max(0, Math.ceil(fromMs))}-0`,
    to: isEndInside ? last.to : '',
    ms: {
      fromMs: isWidened ? streamIdMs(first.from) : fromMs,
      toMs: isEndInside ? streamIdMs(last.to) : toMs,
    },
  };
  return { entries, ranges, newest: seals.at(-1), ids };
}

/** The decisions by the sealed range they are in; a range is held in memory, what no seal covers a page at a time. */
async function* byRange(
  pages: AsyncIterable<readonly LoggedDecision[]>,
  ranges: SealedRanges,
  { from, to }: Wanted,
): AsyncGenerator<{ readonly place: number | undefined; readonly decisions: readonly LoggedDecision[] }> {
  let place: number | undefined;
  let open: LoggedDecision[] = [];
  for await (const page of pages) {
    for (const one of page) {
      const id = writtenId(one);
      if (compareStreamIds(id, from) < 0 || (to !== '' && compareStreamIds(id, to) > 0)) continue;
      const at = ranges.of(id);
      if (at !== place && open.length > 0) {
        yield { place, decisions: open };
        open = [];
      }
      place = at;
      open.push(one);
    }
    if (place === undefined && open.length > 0) {
      yield { place, decisions: open };
      open = [];
    }
  }
  if (open.length > 0) yield { place, decisions: open };
}

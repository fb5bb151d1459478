import type { Outcome } from '../../handlers/contract/effects.ts';
import type { Ctx, Handler } from '../../handlers/contract/handler.ts';
import type {
  BookPosition,
  Computed,
  FactsOf,
  HashFact,
  Read,
  TextFact,
  Views,
} from '../../handlers/contract/reads.ts';
import { withTallies } from '../../runtime/engine/views/tally-tree.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';

/** Noon of 1 January 2026, Unix ms: the moment at which unit tests judge unless they say otherwise. */
export const NOW_MS = Date.UTC(2026, 0, 1, 12);

/** A hash fact of these fields; `null` is an absent key. */
export function hashFact(fields: Record<string, string> | null): HashFact {
  return { fields: fields === null ? null : fieldsOf(Object.entries(fields).flat()), wrongType: false };
}

/** A string fact; `null` is an absent key. */
export function textFact(value: string | null): TextFact {
  return { text: value, wrongType: false };
}

/** What a test says of the views; everything left out is empty. */
export interface FakeViews {
  readonly book?: readonly (Partial<BookPosition> & { readonly symbol: string })[];
  /** Family → name → fields. */
  readonly hashes?: Readonly<Record<string, Readonly<Record<string, Record<string, string>>>>>;
  /** Symbol → Unix ms of its newest violation. */
  readonly violations?: Readonly<Record<string, number>>;
  /** Unix ms of the last look at the position stream, where it cannot be read. */
  readonly unreadSinceMs?: number;
}

/** The views of a plain object. A position left without a time was written at `NOW_MS`. */
export function fakeViews(fake: FakeViews = {}): Views {
  const positions = new Map((fake.book ?? []).map((position) => [position.symbol, bookPosition(position)]));
  return withTallies({
    book: {
      lastId: positions.size === 0 ? '0-0' : `${NOW_MS}-0`,
      everSeen: positions.size > 0,
      unreadSinceMs: fake.unreadSinceMs,
      get: (symbol) => positions.get(symbol),
      positions: () => positions.values(),
    },
    hashes: (family) => {
      const hashes = new Map<string, Fields>(
        Object.entries(fake.hashes?.[family] ?? {}).map(([name, fields]) => [
          name,
          fieldsOf(Object.entries(fields).flat()),
        ]),
      );
      return { get: (name) => hashes.get(name), names: () => hashes.keys() };
    },
    violation: (symbol) => {
      const atMs = fake.violations?.[symbol];
      return atMs === undefined ? undefined : { atMs };
    },
  });
}

function bookPosition(position: Partial<BookPosition> & { readonly symbol: string }): BookPosition {
  return {
    id: `${NOW_MS}-0`,
    atMs: NOW_MS,
    qty: undefined,
    notional: undefined,
    markPrice: undefined,
    sigma: undefined,
    side: undefined,
    ...position,
  };
}

/** The value of a computed read over fake views. */
export function computeOver<S, T>(
  compute: (views: Views, settings: S, nowMs: number) => Computed<T>,
  views: Views,
  settings: S,
  nowMs = NOW_MS,
): T {
  return compute(views, settings, nowMs).value;
}

/** Judges one entry as the runtime would: parses it, parses the settings, and calls `handle` with the facts given. */
export function judge<M, S, R extends Record<string, Read<unknown>>>(
  handler: Handler<M, S, R>,
  entry: Record<string, string>,
  around: {
    facts: FactsOf<R>;
    settings?: Record<string, string>;
    mode?: string;
    nowMs?: number;
    sourceId?: string;
    candidate?: Ctx<S, never>['candidate'];
    trialOf?: string | undefined;
  },
): Outcome {
  const source = fieldsOf(Object.entries(entry).flat());
  const nowMs = around.nowMs ?? NOW_MS;
  const ctx: Ctx<S, FactsOf<R>> = {
    facts: around.facts,
    settings: handler.settings.parse(around.settings ?? {}),
    mode: around.mode ?? handler.modes?.initial ?? '',
    nowMs,
    sourceId: around.sourceId ?? `${nowMs}-0`,
    portfolio: 'quantum',
    source,
    candidate: around.candidate,
    trialOf: around.trialOf,
  };
  return handler.handle(handler.message.parse(source), ctx);
}

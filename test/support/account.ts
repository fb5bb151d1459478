import type { Outcome } from '../../handlers/contract/effects.ts';
import portfolioState from '../../handlers/portfolio-state/index.ts';
import { reported } from '../../handlers/portfolio-state/views.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { computeOver, type FakeViews, fakeViews, hashFact, judge, NOW_MS } from './fake-ctx.ts';

type Entry = Readonly<Record<string, unknown>>;
type Hashes = Record<(typeof KEPT)[keyof typeof KEPT], Record<string, string> | null>;

/** Keys the account handler keeps, by the names of its facts. */
const KEPT = {
  'state:portfolio:hwm': 'memory',
  'state:portfolio:doubt': 'doubt',
  'feed:held': 'held',
  'feed:differences': 'differences',
  'state:portfolio:trades': 'trades',
  'state:portfolio:streaks': 'streaks',
} as const;

/** A position as the exchange gives it. */
export function position(symbol: string, netQty: number, markPrice = 100): Entry {
  const [longQty, shortQty] = netQty >= 0 ? [netQty, 0] : [0, -netQty];
  return { symbol, netQty, longQty, shortQty, markPrice, grossNotionalUsd: Math.abs(netQty) * markPrice };
}

/** An account read at `atMs` after `NOW_MS`, by every clock; equity and wallet are `usd`, unless `more` says otherwise. */
export function reading(usd: number | undefined, atMs: number, more: Entry = {}, told: Entry = {}) {
  const at = NOW_MS + atMs;
  const wallet = [{ asset: 'USDT', wallet: usd ?? 0 }];
  const figures = { equityUsd: usd, balanceUsd: usd, sentMs: at, readMs: at + 100, assets: wallet, positions: [] };
  const json = JSON.stringify({ ...figures, ...more });
  return { source: 'binance-test', taken_ms: String(at), reading: json, told: JSON.stringify(told) };
}

/** The account handler over several readings: what one writes, the next one reads. */
export class AccountRig {
  readonly hashes: Hashes = {
    memory: null,
    doubt: null,
    held: null,
    differences: null,
    trades: null,
    streaks: null,
  };
  views: FakeViews = {};
  readonly #settings: Record<string, string>;

  /** `settings` are limits of doubt besides the defaults. */
  constructor(settings: Record<string, string> = {}) {
    this.#settings = settings;
  }

  /** Judges an entry, keeps what it writes, and answers with the outcome. */
  take(entry: ReturnType<typeof reading>): Outcome {
    const { memory, doubt, held, differences, trades, streaks } = this.hashes;
    const nowMs = Number(entry.taken_ms) + 200;
    const facts = {
      memory: hashFact(memory),
      doubt: hashFact(doubt),
      held: hashFact(held),
      differences: hashFact(differences),
      trades: hashFact(trades),
      streaks: hashFact(streaks),
      reported: computeOver(reported, fakeViews(this.views), {}, nowMs),
    };
    const outcome = judge(portfolioState, entry, { facts, nowMs, settings: this.#settings });
    this.#keep(outcome);
    return outcome;
  }

  #keep(outcome: Outcome): void {
    for (const effect of outcome.effects) {
      const name = 'key' in effect ? KEPT[effect.key as keyof typeof KEPT] : undefined;
      if (name === undefined) continue;
      if (effect.do === 'del') this.hashes[name] = null;
      if (effect.do === 'hset')
        this.hashes[name] = { ...(effect.replace === true ? {} : this.hashes[name]), ...effect.fields };
      if (effect.do === 'hdel') {
        const gone = new Set(effect.fields);
        const left = Object.entries(this.hashes[name] ?? {}).filter(([field]) => !gone.has(field));
        this.hashes[name] = left.length === 0 ? null : { ...fieldsOf(left.flat()) };
      }
    }
  }
}

/** The portfolio state an outcome writes; undefined when it writes none, or only what it doubts. */
export function stateOf(outcome: Outcome): Readonly<Record<string, string>> | undefined {
  const fields = written(outcome, 'state:portfolio');
  return fields?.equity_usd === undefined ? undefined : fields;
}

/** The fields an outcome writes to a hash. */
export function written(outcome: Outcome, key: string): Readonly<Record<string, string>> | undefined {
  for (const effect of outcome.effects) if (effect.do === 'hset' && effect.key === key) return effect.fields;
  return undefined;
}

/** The fields of the entries an outcome appends to a stream. */
export function emitted(outcome: Outcome, stream: string): readonly Readonly<Record<string, string>>[] {
  return outcome.effects.flatMap((effect) => (effect.do === 'emit' && effect.stream === stream ? [effect.fields] : []));
}

/** The names of the feed events of an outcome. */
export function events(outcome: Outcome): readonly string[] {
  return emitted(outcome, 'feed.events').map(({ event = '' }) => event);
}

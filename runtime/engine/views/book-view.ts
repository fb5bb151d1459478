import type { Redis } from 'ioredis';
import type { BookPosition, PositionBook } from '../../../handlers/contract/reads.ts';
import { identifierMessage } from '../../../schemas/identifier.ts';
import { runtimeKeys, streams } from '../../../schemas/keys.ts';
import { parseSnapshot } from '../../../schemas/position.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import { fieldsOf, overLimit } from '../../../schemas/wire.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { StreamView } from './stream-view.ts';
import { UnusableSnapshots } from './unusable-snapshots.ts';

const CHECKPOINT = luaScript('portcullisCheckpoint', new URL('./checkpoint.lua', import.meta.url));

/** Field of the checkpoint that holds the stream id it stands at; no symbol has a colon. */
export const BOOK_STANDS_AT = ':at';
const CHUNK = 500;

type Figure = Exclude<keyof BookPosition, 'id' | 'symbol'>;

/** What the checkpoint keeps of a position, in this order, and its type. A new one goes to the end: older fields have none. */
const KEPT: Readonly<Record<Figure, 'number' | 'string'>> = {
  atMs: 'number',
  qty: 'number',
  notional: 'number',
  markPrice: 'number',
  sigma: 'number',
  side: 'string',
};
const FIGURES = Object.keys(KEPT) as Figure[];

/** The newest snapshot of every symbol, with a checkpoint in Redis so that a start does not replay the stream. */
export class BookView extends StreamView implements PositionBook {
  readonly #positions = new Map<string, BookPosition>();
  readonly #dirty = new Set<string>();
  readonly #checkpointKey: string;
  readonly #dataSetKey: string;
  readonly #unusable: UnusableSnapshots;
  /** Told the symbol of every entry taken in; `undefined` when any of them may have changed. */
  onChange: (symbol: string | undefined) => void = () => undefined;
  /** The name of the data set that the book was read from; undefined until it is known. */
  dataSet: () => string | undefined = () => undefined;

  constructor(portfolio: Portfolio) {
    super(portfolio.streamKey(streams.snapshots));
    this.#checkpointKey = portfolio.key(runtimeKeys.book);
    this.#dataSetKey = portfolio.key(runtimeKeys.dataSet);
    this.#unusable = new UnusableSnapshots(portfolio);
  }

  get everSeen(): boolean {
    return this.#positions.size > 0;
  }

  get(symbol: string): BookPosition | undefined {
    return this.#positions.get(symbol);
  }

  positions(): Iterable<BookPosition> {
    return this.#positions.values();
  }

  override reset(): void {
    super.reset();
    this.#positions.clear();
    this.#dirty.clear();
    this.#unusable.clear();
    this.onChange(undefined);
  }

  protected take(id: string, flat: readonly string[]): void {
    const fields = fieldsOf(flat);
    const over = overLimit(flat);
    const position = over === undefined ? parseSnapshot(id, fields) : undefined;
    if (position === undefined) {
      this.#unusable.add(id, over ?? `invalid_message: symbol: ${identifierMessage(fields.symbol)}`);
      return;
    }
    this.#positions.set(position.symbol, position);
    this.#dirty.add(position.symbol);
    this.onChange(position.symbol);
  }

  /** Loads the checkpoint, if there is one, and stands where it stands. */
  async load(redis: Redis): Promise<void> {
    const stored = await redis.hgetall(this.#checkpointKey);
    for (const [symbol, text] of Object.entries(stored)) {
      if (symbol === BOOK_STANDS_AT) continue;
      const position = fromStored(symbol, text);
      if (position !== undefined) this.#positions.set(symbol, position);
    }
    const at = stored[BOOK_STANDS_AT];
    if (at !== undefined && compareStreamIds(at, this.lastId) > 0) this.lastId = at;
    this.version += 1;
    this.onChange(undefined);
  }

  /** Writes what changed since the last checkpoint, and sets aside what could not be understood. */
  async checkpoint(redis: Redis): Promise<void> {
    await this.#unusable.bury(redis);
    const at = this.lastId;
    const symbols = [...this.#dirty];
    if (symbols.length === 0) return;
    this.#dirty.clear();
    try {
      for (let i = 0; i < symbols.length; i += CHUNK) {
        const last = i + CHUNK >= symbols.length;
        await this.#write(redis, symbols.slice(i, i + CHUNK), last ? at : '');
      }
    } catch (error) {
      for (const symbol of symbols) this.#dirty.add(symbol);
      throw error;
    }
  }

  async #write(redis: Redis, symbols: readonly string[], at: string): Promise<void> {
    const args = [at, this.dataSet() ?? ''];
    for (const symbol of symbols) {
      const position = this.#positions.get(symbol);
      if (position !== undefined) args.push(symbol, position.id, toStored(position));
    }
    await runScript(redis, CHECKPOINT, [this.#checkpointKey, this.position.key, this.#dataSetKey], args);
  }
}

function toStored(position: BookPosition): string {
  return JSON.stringify(FIGURES.map((name) => position[name] ?? null));
}

/** The position a field of the checkpoint holds; undefined for the field that says where it stands. */
export function checkpointedPosition(symbol: string, text: string): BookPosition | undefined {
  return symbol === BOOK_STANDS_AT ? undefined : fromStored(symbol, text);
}

function fromStored(symbol: string, text: string): BookPosition | undefined {
  const blank = text.indexOf(' ');
  if (blank < 0) return undefined;
  const stored = JSON.parse(text.slice(blank + 1)) as readonly unknown[];
  const figures = FIGURES.map((name, at) => [name, typeof stored[at] === KEPT[name] ? stored[at] : undefined]);
  return { id: text.slice(0, blank), symbol, ...(Object.fromEntries(figures) as Pick<BookPosition, Figure>) };
}

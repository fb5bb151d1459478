import type { Redis } from 'ioredis';
import type { BookPosition, PositionBook } from '../../handlers/common/reads.ts';
import { runtimeKeys, streams } from '../../schemas/keys.ts';
import { parseSnapshot } from '../../schemas/position.ts';
import { compareStreamIds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import { runScript } from '../engine/commit.ts';
import type { Portfolio } from '../portfolio.ts';
import { StreamView } from './stream-view.ts';

const STANDS_AT = ':at';
const CHUNK = 500;

/** Keeps the newer of what is stored and what is given for each symbol, then moves the id the checkpoint stands at. */
const CHECKPOINT_SCRIPT = `#!lua
local function newer(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if ams ~= bms then return tonumber(ams) > tonumber(bms) end
  if #aseq ~= #bseq then return #aseq > #bseq end
  return aseq > bseq
end
for i = 2, #ARGV, 3 do
  local stored = redis.call('HGET', KEYS[1], ARGV[i])
  if not stored or newer(ARGV[i + 1], string.match(stored, '^(%S+)')) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
end
local at = redis.call('HGET', KEYS[1], ':at')
if ARGV[1] ~= '' and (not at or newer(ARGV[1], at)) then redis.call('HSET', KEYS[1], ':at', ARGV[1]) end
return 1
`;

type Stored = readonly [number, ...(number | string | null)[]];

/** The newest snapshot of every symbol, with a checkpoint in Redis so that a start does not replay the stream. */
export class BookView extends StreamView implements PositionBook {
  readonly #positions = new Map<string, BookPosition>();
  readonly #dirty = new Set<string>();
  readonly #checkpointKey: string;
  /** Entries that carry no usable symbol. */
  skipped = 0;

  constructor(portfolio: Portfolio) {
    super(portfolio.streamKey(streams.snapshots));
    this.#checkpointKey = portfolio.key(runtimeKeys.book);
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
  }

  protected take(id: string, fields: Fields): void {
    const position = parseSnapshot(id, fields);
    if (position === undefined) {
      this.skipped += 1;
      return;
    }
    this.#positions.set(position.symbol, position);
    this.#dirty.add(position.symbol);
  }

  /** Loads the checkpoint, if there is one, and stands where it stands. */
  async load(redis: Redis): Promise<void> {
    const stored = await redis.hgetall(this.#checkpointKey);
    for (const [symbol, text] of Object.entries(stored)) {
      if (symbol === STANDS_AT) continue;
      const position = fromStored(symbol, text);
      if (position !== undefined) this.#positions.set(symbol, position);
    }
    const at = stored[STANDS_AT];
    if (at !== undefined && compareStreamIds(at, this.lastId) > 0) this.lastId = at;
    this.version += 1;
  }

  /** Writes what changed since the last checkpoint. */
  async checkpoint(redis: Redis): Promise<void> {
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
    const args = [at];
    for (const symbol of symbols) {
      const position = this.#positions.get(symbol);
      if (position !== undefined) args.push(symbol, position.id, toStored(position));
    }
    await runScript(redis, 'portcullisCheckpoint', CHECKPOINT_SCRIPT, [this.#checkpointKey], args);
  }
}

function toStored(position: BookPosition): string {
  const { atMs, qty, notional, markPrice, sigma, side } = position;
  return JSON.stringify([atMs, qty ?? null, notional ?? null, markPrice ?? null, sigma ?? null, side ?? null]);
}

function fromStored(symbol: string, text: string): BookPosition | undefined {
  const blank = text.indexOf(' ');
  if (blank < 0) return undefined;
  const [atMs, qty, notional, markPrice, sigma, side] = JSON.parse(text.slice(blank + 1)) as Stored;
  const figure = (value: number | string | null | undefined) => (typeof value === 'number' ? value : undefined);
  return {
    id: text.slice(0, blank),
    symbol,
    atMs,
    qty: figure(qty),
    notional: figure(notional),
    markPrice: figure(markPrice),
    sigma: figure(sigma),
    side: typeof side === 'string' ? side : undefined,
  };
}

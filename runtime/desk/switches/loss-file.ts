import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SWITCHES_GATE } from '../../../handlers/common/governor-events.ts';
import { worseOf } from '../../../handlers/common/loss-limits/worse.ts';
import { parseJson } from '../../../schemas/json.ts';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { formatLossMarks, parseLossMarks } from '../../../schemas/loss-latch.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { operate } from '../../engine/commit/operation.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import { luaScript } from '../../redis/lua.ts';

const EVERY_MS = 1_000;
/** So long a file that a living process keeps counts as there, ms. */
const SEEN_FOR_MS = 15_000;
const ACTOR = 'portcullis';

const LOST = luaScript('portcullisLossMarks', new URL('./loss-marks.lua', import.meta.url));

/** Keeps what losses are counted against in a file of the data folder too, where the governor's watcher runs. */
export function lossFileCompanion(dataFolder: string): Companion {
  return {
    metrics: [],
    start: (host) => {
      const runs = host.lanes.some(({ gate }) => gate === SWITCHES_GATE) && !host.portfolio.simulatedClock;
      const file = runs ? new LossFile(host, dataFolder) : undefined;
      return { stop: async () => await file?.stop() };
    },
  };
}

/**
 * One file of one portfolio. What is in Redis is written to it; what Redis lost is put back from it, the worse of both,
 * and then nothing opens until a person confirms (contract §4, Loss limits).
 */
class LossFile {
  readonly #host: CompanionHost;
  readonly #folder: string;
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  #kept: Fields | undefined;
  #turn: Promise<void> = Promise.resolve();
  #busy = false;
  /** How long the mark of a file that is kept lived when it was looked at last, ms; undefined where this file is known. */
  #seenMs: number | undefined;
  #problem = '';

  constructor(host: CompanionHost, folder: string) {
    this.#host = host;
    this.#folder = folder;
    this.#path = join(folder, `losses-${encodeURIComponent(host.portfolio.outputPrefix)}.json`);
    this.#kept = readFields(this.#path);
    this.#timer = setInterval(() => this.#begin(), EVERY_MS);
    this.#begin();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  #begin(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#turn = this.#look()
      .then(() => this.#say(''))
      .catch((error: unknown) => this.#say(messageOf(error)))
      .finally(() => {
        this.#busy = false;
      });
  }

  #say(problem: string): void {
    if (problem !== '' && problem !== this.#problem) {
      this.#host.log.warn(`what losses are counted against is not kept in ${this.#path}: ${problem}`);
    }
    this.#problem = problem;
  }

  async #look(): Promise<void> {
    const { redis, portfolio } = this.#host;
    const latch = portfolio.key(keys.lossLatch);
    const type = await redis.type(latch);
    if (type !== 'hash' && type !== 'none') return;
    const found = type === 'none' ? undefined : fieldsOf(Object.entries(await redis.hgetall(latch)).flat());
    if (found === undefined) {
      if (this.#kept !== undefined) await this.#lost('redis', undefined, this.#kept);
      return;
    }
    if (this.#kept === undefined) {
      const file = await this.#fileOf(found);
      if (file === 'undecided') return;
      // Written at once: a confirmation may come before the next look.
      if (file === 'lost' && !(await this.#lost('file', found, {}))) return;
      if (file === 'lost') return await this.#write(found);
    }
    const kept = this.#kept;
    if (kept !== undefined && isBehind(found, kept)) {
      await this.#lost('redis', found, merged(kept, found));
      return;
    }
    await this.#write(found);
  }

  /**
   * Whether these marks were in a file before, and no living process keeps one. The mark of a file that was kept lives on
   * for a while: where it is seen to be renewed somebody keeps one, and where it ends nobody does; until then it is not known.
   */
  async #fileOf({ started_ms, lost }: Fields): Promise<'lost' | 'kept' | 'undecided'> {
    const { redis, portfolio } = this.#host;
    const filed = await redis.get(portfolio.key(runtimeKeys.lossFiled));
    if (lost !== undefined || filed === null || filed !== started_ms) return 'kept';
    const leftMs = await redis.pttl(portfolio.key(runtimeKeys.lossFileSeen));
    if (leftMs < 0) return 'lost';
    const before = this.#seenMs;
    this.#seenMs = leftMs;
    return before !== undefined && leftMs > before ? 'kept' : 'undecided';
  }

  async #lost(place: 'redis' | 'file', found: Fields | undefined, fields: Fields): Promise<boolean> {
    const { redis, portfolio, log } = this.#host;
    const reason = place === 'file' ? 'the file of losses is gone' : 'Redis lost what losses are counted against';
    const { lost: _, released: __, ...kept } = fields;
    const { written } = await operate<{ written: boolean }>(
      redis,
      portfolio,
      LOST,
      { actor: ACTOR, reason },
      {
        keys: [portfolio.key(keys.lossLatch)],
        args: [
          found?.rev ?? '',
          place,
          ...Object.entries(kept).flat(),
          ...(place === 'file' ? ['rev', next(found)] : []),
        ],
      },
    );
    if (written) log.error(`${reason}: OPEN is refused until portcullis loss confirm`);
    return written;
  }

  async #write(found: Fields): Promise<void> {
    const { redis, portfolio } = this.#host;
    if (found.rev !== this.#kept?.rev) {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const draft = `${this.#path}.${process.pid}`;
      writeFileSync(draft, `${JSON.stringify(found)}\n`, { mode: 0o600, flush: true });
      renameSync(draft, this.#path);
      this.#kept = found;
      await redis.set(portfolio.key(runtimeKeys.lossFiled), found.started_ms ?? '');
    } else if (!existsSync(this.#path)) {
      this.#host.log.warn(`${this.#path} was deleted: it is written again`);
      this.#kept = undefined;
      return await this.#write(found);
    }
    await redis.set(portfolio.key(runtimeKeys.lossFileSeen), '1', 'PX', SEEN_FOR_MS);
  }
}

/** Marks that began anew, cannot be read, or are of before those of the file: Redis lost some. */
function isBehind(found: Fields, kept: Fields): boolean {
  if (found.started_ms !== kept.started_ms || revOf(found) < revOf(kept)) return true;
  return parseLossMarks(found) === undefined;
}

/** Both as one; what cannot be read of either is left out. */
function merged(kept: Fields, found: Fields): Fields {
  const [mine, theirs] = [parseLossMarks(kept), parseLossMarks(found)];
  const marks = mine !== undefined && theirs !== undefined ? formatLossMarks(worseOf(mine, theirs)) : {};
  const rev = String(Math.max(revOf(kept), revOf(found)) + 1);
  return fieldsOf(Object.entries({ ...found, ...kept, ...marks, rev }).flat());
}

function next(found: Fields | undefined): string {
  return String(revOf(found ?? {}) + 1);
}

function revOf({ rev }: Partial<Record<'rev', string | undefined>>): number {
  return Math.floor(parseNumber(rev) ?? 0);
}

/** What a file holds that can be read as marks; undefined without. */
function readFields(path: string): Fields | undefined {
  try {
    const json = parseJson(readFileSync(path, 'utf8'));
    const entries = Object.entries(json as Record<string, unknown>).filter(([, value]) => typeof value === 'string');
    const fields = fieldsOf(entries.flat() as string[]);
    return parseLossMarks(fields) === undefined ? undefined : fields;
  } catch {
    return undefined;
  }
}

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { KEPT_RUN_FORMAT, type KeptRun } from '../../../schemas/kept-run.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { MANIFEST, placeOf, RunError, UNFINISHED } from './place.ts';

const compressed = promisify(gzip);
/** Characters that are compressed at once. */
const PAGE = 1 << 20;

/** What was written of a file: by this it is known again. */
interface WrittenFile {
  readonly file: string;
  readonly sha256: string;
}

/** A compressed file of lines that grows; what is written is on the disc when a page is full, and at the end. */
export class LineWriter {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #page = '';
  lines = 0;

  constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** Adds lines; each ends with a line feed. */
  async write(lines: readonly string[]): Promise<void> {
    this.lines += lines.length;
    this.#page += lines.join('');
    if (this.#page.length >= PAGE) await this.#flush();
  }

  /** Adds decisions as `export` writes them. */
  async decisions(decisions: readonly LoggedDecision[]): Promise<void> {
    await this.write(decisions.map(({ id, fields }) => `${JSON.stringify({ id, ...fields })}\n`));
  }

  /** Writes what is left. */
  async end(): Promise<WrittenFile> {
    if (this.#page !== '' || this.lines === 0) await this.#flush();
    await this.#handle.sync();
    await this.#handle.close();
    return { file: this.#file, sha256: this.#hash.digest('hex') };
  }

  /** Closes it as it is. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const bytes = await compressed(this.#page);
    this.#page = '';
    this.#hash.update(bytes);
    await this.#handle.writeFile(bytes);
  }
}

/** A run while it is kept: a folder beside its place, which takes its name once all of it is written. */
export class RunKeeper {
  readonly #place: string;
  readonly #folder: string;
  readonly #writers: LineWriter[] = [];
  /** Folders that runs of this name left, whose play was ended before it could take them away; or is still going on. */
  readonly leftBehind: readonly string[];

  private constructor(place: string, folder: string, leftBehind: readonly string[]) {
    this.#place = place;
    this.#folder = folder;
    this.leftBehind = leftBehind;
  }

  /** Begins to keep a run; throws a `RunError` where there is something of its name. */
  static async begin(named: string): Promise<RunKeeper> {
    const place = placeOf(named);
    return await orRefused(place, async () => {
      await refuseTaken(place);
      await mkdir(dirname(place), { recursive: true });
      const leftBehind = await unfinishedOf(place);
      return new RunKeeper(place, await mkdtemp(`${place}${UNFINISHED}`), leftBehind);
    });
  }

  /** Where it will be. */
  get place(): string {
    return this.#place;
  }

  /** A file of it, where it is while the run is written. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Begins a compressed file in it. */
  async file(name: string): Promise<LineWriter> {
    return await this.guarded(async () => {
      const writer = new LineWriter(name, await open(this.path(name), 'wx'));
      this.#writers.push(writer);
      return writer;
    });
  }

  /** Does something that writes to it; throws a `RunError` with what the system says where that fails. */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    return await orRefused(this.#place, work);
  }

  /** Gives it its manifest and its name; from then on it is there. */
  async keep(manifest: Omit<KeptRun, 'format' | 'kept_at'>, nowMs: number): Promise<void> {
    await this.guarded(async () => {
      const all = { format: KEPT_RUN_FORMAT, kept_at: new Date(nowMs).toISOString(), ...manifest };
      await writeFile(this.path(MANIFEST), `${JSON.stringify(all, undefined, 2)}\n`, { flush: true });
      await refuseTaken(this.#place);
      await rename(this.#folder, this.#place);
    });
  }

  /** Takes away what was written; after `keep` it does nothing. */
  async discard(): Promise<void> {
    for (const writer of this.#writers) await writer.abandon();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function unfinishedOf(place: string): Promise<readonly string[]> {
  const started = `${basename(place)}${UNFINISHED}`;
  const all = await readdir(dirname(place));
  return all.filter((name) => name.startsWith(started)).map((name) => join(dirname(place), name));
}

async function refuseTaken(place: string): Promise<void> {
  const taken = await stat(place).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (taken)
    throw new RunError(`expected a name that is free, got ${place}, which is there: name another, or remove it`);
}

async function orRefused<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw new RunError(`${place} could not be kept, and nothing of it is left: ${error.message}`);
  }
}

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { issuesText } from '../../../schemas/issues.ts';
import { KEPT_RUN_FORMAT, type KeptPlay, KeptRun } from '../../../schemas/kept-run.ts';
import { alternatives, shown } from '../../../schemas/setting.ts';
import { fileDigest } from './digest.ts';
import { MANIFEST, placeOf, RunError, UNFINISHED } from './place.ts';

/** One play of a run that was kept, as it was kept. */
export interface OpenRun {
  /** The run's folder, and the name of the play where it has several. */
  readonly named: string;
  readonly run: KeptRun;
  readonly play: KeptPlay;
  /** The file of its decisions, and the one of its prices. */
  readonly decisions: string;
  readonly prices: string;
  /** The file of the funding rates it was played with; undefined where there were none. */
  readonly funding: string | undefined;
  /** Unix ms at which its last hour closed. */
  readonly endMs: number;
}

/**
 * Opens a run by its name or its folder, followed by `/PLAY` where it has several; throws a `RunError` for one that is not
 * there, not whole, of another program, or not as it was kept.
 */
export async function openRun(named: string): Promise<OpenRun> {
  const { folder, wanted } = await folderOf(named);
  const run = await manifestOf(folder);
  const play = playOf(folder, run, wanted);
  const decisions = await unchanged(folder, play);
  const prices = await unchanged(folder, run.prices);
  const funding = run.funding === undefined ? undefined : await unchanged(folder, run.funding);
  const name = run.plays.length === 1 ? folder : join(folder, play.name);
  return { named: name, run, play, decisions, prices, funding, endMs: Date.parse(play.to) };
}

/** The folder that is meant, and the play of it; `runs/` is looked in besides. */
async function folderOf(named: string): Promise<{ readonly folder: string; readonly wanted: string | undefined }> {
  const places = [...new Set([placeOf(named), join('runs', named)])];
  for (const place of places) {
    if (await isThere(join(place, MANIFEST))) return { folder: place, wanted: undefined };
    const parent = dirname(place);
    if (await isThere(join(parent, MANIFEST))) return { folder: parent, wanted: basename(place) };
  }
  const [place = named] = places;
  if (!(await isThere(place))) {
    throw new RunError(`expected a run that replay --keep kept, got ${place}, which is not there`);
  }
  if (basename(place).includes(UNFINISHED)) {
    throw new RunError(
      `expected a run that is whole, got ${place}: it was cut off while it was kept, and can be removed`,
    );
  }
  throw new RunError(`expected a folder that replay --keep wrote, got ${place}, which has no ${MANIFEST}`);
}

async function manifestOf(folder: string): Promise<KeptRun> {
  const path = join(folder, MANIFEST);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new RunError(`${path}: expected the manifest of a run, got ${String(error)}`);
  }
  const { format, portcullis } = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  if (typeof format === 'number' && format > KEPT_RUN_FORMAT) {
    throw new RunError(
      `${path}: expected format ${KEPT_RUN_FORMAT}, got ${format}, kept by Portcullis ${shown(portcullis)}: a newer one reads it`,
    );
  }
  const parsed = KeptRun.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new RunError(`${path}: expected the manifest of a run, got ${issuesText(parsed.error)}`);
}

function playOf(folder: string, { plays }: KeptRun, wanted: string | undefined): KeptPlay {
  const [only, ...others] = plays;
  if (wanted === undefined && only !== undefined && others.length === 0) return only;
  const found = plays.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = alternatives(plays.map(({ name }) => join(folder, name)));
  throw new RunError(
    `expected one play of the run, ${names}, got ${wanted === undefined ? folder : join(folder, wanted)}`,
  );
}

async function unchanged(folder: string, { file, sha256 }: { readonly file: string; readonly sha256: string }) {
  const path = join(folder, file);
  if (!(await isThere(path))) throw new RunError(`expected ${path}, which the run was kept with, got none`);
  const found = await fileDigest(path);
  if (found === sha256) return path;
  throw new RunError(`${path}: expected SHA-256 ${sha256}, as it was kept, got ${found}: it was changed since`);
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

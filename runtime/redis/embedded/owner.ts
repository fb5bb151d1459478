import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'owner';
/** Folders whose claim was made here: one of the same process id that was not is left from an earlier run. */
const claimedHere = new Set<string>();

/** Claims the Redis of a data folder for this process. `false`: a living process has it, this one perhaps. */
export function claimFolder(dataFolder: string): boolean {
  const file = join(dataFolder, FILE);
  const claim = identityOf(process.pid);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (writeNew(file, claim)) {
      claimedHere.add(dataFolder);
      return true;
    }
    const holder = readHolder(file);
    if (holder === claim ? claimedHere.has(dataFolder) : isAlive(holder)) return false;
    setAside(file);
  }
  return false;
}

/** Gives up this process's claim. */
export function releaseFolder(dataFolder: string): void {
  const file = join(dataFolder, FILE);
  if (claimedHere.delete(dataFolder)) rmSync(file, { force: true });
}

/** The process id that holds the Redis of a data folder, or `undefined` when that process has ended. */
export function ownerOf(dataFolder: string): number | undefined {
  const holder = readHolder(join(dataFolder, FILE));
  return isAlive(holder) ? Number.parseInt(holder, 10) : undefined;
}

/** A process id and when that process began (where the system says), so that a reused id is not taken for it. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${pid} ${started}`;
  } catch {
    return String(pid);
  }
}

function isAlive(holder: string): boolean {
  const pid = Number.parseInt(holder, 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return identityOf(pid) === holder;
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function writeNew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Of several processes that find a dead claim, the one whose rename succeeds removes it. */
function setAside(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

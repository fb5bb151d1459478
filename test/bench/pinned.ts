import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ALLOWED = /^Cpus_allowed_list:\s*(\S+)$/m;

/** The processor that Redis has for itself, and those that are left to everybody else. */
export interface Pinning {
  readonly redis: number;
  readonly others: readonly number[];
}

/** How processors could be shared out: none where `taskset` is not there, or fewer than two of them. */
export function pinningOf(): Pinning | undefined {
  const cpus = cpusIn(allowedOf(process.pid) ?? '');
  const [redis, ...others] = cpus;
  if (redis === undefined || others.length === 0 || !hasTaskset()) return undefined;
  return { redis, others };
}

/**
 * Runs work while a server has a processor for itself and this process, with all that it starts meanwhile, the others.
 * Other programs of the machine are where they are.
 */
export async function pinned<T>(serverPid: number, { redis, others }: Pinning, work: () => Promise<T>): Promise<T> {
  const all = [redis, ...others];
  try {
    pin(serverPid, [redis]);
    pin(process.pid, others);
    return await work();
  } finally {
    pin(serverPid, all);
    pin(process.pid, all);
  }
}

/** The numbers in a list such as `0-2,5`. */
export function cpusIn(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined) return [];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at);
  });
}

/** Sets the processors of a process, all of its threads included. */
function pin(pid: number, cpus: readonly number[]): void {
  execFileSync('taskset', ['-a', '-c', '-p', cpus.join(','), String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function allowedOf(pid: number): string | undefined {
  try {
    return ALLOWED.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

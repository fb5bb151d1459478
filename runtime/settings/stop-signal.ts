import { readFileSync } from 'node:fs';
import { processEnvironment } from './environment.ts';

/** Why a process is to stop. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'npm is gone';

const LOOK_MS = 500;
/** How npm calls itself, and how package managers are started. */
const NPM = /^np[mx]\b|\b(?:npm|npx|pnpm|yarn)(?:-cli)?\.c?js\b/;
/** A script that means to leave its program behind. */
const LEAVES_BEHIND = /[^&]&\s*$|\b(?:nohup|setsid)\b/;

/** What stands between this process and the npm that started it: that npm last. Looked up before anything can have ended. */
const lineToNpm = ancestorsToNpm();

/**
 * Tells `listener` of every SIGINT and SIGTERM, and once when the npm that started this process is gone: npm passes a
 * signal on to its shell alone, which ends without us, and killed it passes on nothing. Gives what ends the listening.
 */
export function onStop(listener: (why: StopReason) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const heard = (signal: NodeJS.Signals) => listener(signal as StopReason);
  for (const signal of signals) process.on(signal, heard);
  const timer = setInterval(() => {
    if (npmIsThere()) return;
    clearInterval(timer);
    listener('npm is gone');
  }, LOOK_MS);
  timer.unref();
  if (lineToNpm.length === 0) clearInterval(timer);
  return () => {
    clearInterval(timer);
    for (const signal of signals) process.off(signal, heard);
  };
}

/** The parent of a process that ends without being waited for is still known by its id: its children have another then. */
function npmIsThere(): boolean {
  const [parent, ...others] = lineToNpm;
  return process.ppid === parent && others.every((pid, at) => statOf(lineToNpm[at] ?? 0)?.parent === pid);
}

/**
 * The ids of this process's ancestors up to npm, nearest first; none when npm did not start it, or meant to leave it.
 * Where the system does not tell of other processes, npx has a shell for our parent, and that one alone is watched.
 */
function ancestorsToNpm(): readonly number[] {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = processEnvironment();
  if (event === undefined || LEAVES_BEHIND.test(script)) return [];
  const line: number[] = [];
  for (let pid = process.ppid; pid > 0 && !line.includes(pid); ) {
    line.push(pid);
    const stat = statOf(pid);
    if (stat === undefined) return event === 'npx' ? [process.ppid] : [];
    if (NPM.test(stat.command)) return line;
    pid = stat.parent;
  }
  return [];
}

/** Of a process of this machine; `undefined` when there is none, or where the system keeps no such files. */
function statOf(pid: number): { readonly parent: number; readonly command: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), command };
  } catch {
    return undefined;
  }
}

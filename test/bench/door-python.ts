import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { adopted } from './children.ts';

/** What clients in Python are asked to do. */
export interface PythonJob {
  readonly transport: 'http' | 'redis';
  readonly order: 'open' | 'exit';
  /** Of the system, or of Redis. */
  readonly url: string;
  readonly token: string;
  readonly clients: number;
  readonly per_second: number;
  readonly seconds: number;
  readonly warm_seconds: number;
  readonly symbols: number;
  /** What plan ids begin with. */
  readonly run: string;
}

/** Milliseconds of each call, and how many asks were granted. */
export interface PythonAnswer {
  readonly plain_ms: readonly number[];
  readonly ask_ms: readonly number[];
  readonly granted: number;
}

const CLIENTS = fileURLToPath(new URL('door-clients.py', import.meta.url));
/** Debian's comes second: its packages belong to it. */
const PROGRAMS = ['python3', '/usr/bin/python3'];

/** A Python that can be asked over a transport; undefined where none is there, or none has redis-py. */
export function pythonFor(transport: PythonJob['transport']): string | undefined {
  const modules = transport === 'redis' ? 'import redis' : 'import json';
  return PROGRAMS.find((program) => {
    try {
      execFileSync(program, ['-c', modules], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

/** Lets clients of `portcullis-gate` ask, in a process of their own. */
export async function askInPython(program: string, job: PythonJob): Promise<PythonAnswer> {
  const PYTHONPATH = join(process.cwd(), 'runtime/doors/client/python');
  const env = { ...process.env, PYTHONPATH, PYTHONDONTWRITEBYTECODE: '1' };
  const child = adopted(spawn(program, [CLIENTS], { env, stdio: ['pipe', 'pipe', 'inherit'] }));
  try {
    child.stdin.end(JSON.stringify(job));
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (code !== 0) throw new Error(`door: expected the clients in Python to end with 0, got ${code}`);
    return JSON.parse(said) as PythonAnswer;
  } finally {
    child.kill('SIGKILL');
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { askServer, isRefusal, type ServerFacts } from '../connection/address.ts';
import { errorText, RedisProblem } from '../problem.ts';
import { socketPathOf } from './data-folder.ts';
import type { ServerProgram } from './executable.ts';
import { ownAddress, passwordOf, refusedPassword, writeUrl } from './password.ts';

/** How long a stop may take before the server is killed. */
const STOP_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 1_000;
const POLL_MS = 5;
const ABSENCE_POLL_MS = 250;
/** Reads a process id, then waits until this process is gone (its end of the pipe closes), then stops that process. */
const WATCHDOG = 'read -r pid || exit 0; while read -r _; do :; done; kill -TERM "$pid"';

/** A Redis server that this process is answerable for. */
export interface OwnServer {
  readonly facts: ServerFacts;
  /** Settles, with how it ended, when it has; whoever ended it. */
  readonly ended: Promise<string>;
  /** Stops it cleanly and waits until it has ended. */
  stop(): Promise<void>;
}

interface Started {
  readonly child: ChildProcess;
  readonly program: ServerProgram;
  readonly dataFolder: string;
}

/**
 * The arguments of a server that keeps its data in this folder, every write on disk before it is answered. The last one
 * has it read its password from standard input: everybody may read arguments.
 */
function serverArguments(dataFolder: string, port: number): string[] {
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--protected-mode', 'yes'],
    ...['--unixsocket', socketPathOf(dataFolder), '--unixsocketperm', '700'],
    ...['--dir', join(dataFolder, 'redis'), '--logfile', logFileOf(dataFolder), '--daemonize', 'no'],
    ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
    '-',
  ];
}

/** Starts a server in a process group of its own, stopped by a watchdog should this process be killed. */
export async function startServer(program: ServerProgram, dataFolder: string, port: number): Promise<OwnServer> {
  await requireFreePort(port);
  mkdirSync(join(dataFolder, 'redis'), { recursive: true, mode: 0o700 });
  const watchdog = startWatchdog();
  const child = spawn(program.path, serverArguments(dataFolder, port), {
    argv0: program.argv0,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(`requirepass "${passwordOf(dataFolder)}"\n`);
  child.unref();
  const ended = endOf(child);
  void ended.then(() => watchdog.kill('SIGKILL'));
  if (child.pid !== undefined) watchdog.stdin?.write(`${child.pid}\n`);
  const facts = await firstAnswer(ended, { child, program, dataFolder });
  writeUrl(dataFolder, port);
  return {
    facts,
    ended,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await stopProcess(facts.processId, watchdog);
    },
  };
}

/** Becomes answerable for a server whose starter has died. */
export function takeOver(facts: ServerFacts): OwnServer {
  const watchdog = startWatchdog();
  watchdog.stdin?.write(`${facts.processId}\n`);
  return { facts, ended: absenceOf(facts.processId), stop: () => stopProcess(facts.processId, watchdog) };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

/** A server that somebody else started tells us nothing of its end. */
async function absenceOf(pid: number): Promise<string> {
  while (signal(pid, 0)) await wait(ABSENCE_POLL_MS, undefined, { ref: false });
  return 'it is not there any more';
}

/** What the server of this data folder says, or `undefined` when none answers; throws when it refuses our password. */
export async function answerOf(dataFolder: string): Promise<ServerFacts | undefined> {
  if (!existsSync(socketPathOf(dataFolder))) return undefined;
  return askServer(ownAddress(dataFolder), PROBE_TIMEOUT_MS).catch((error: unknown) => {
    if (isRefusal(error)) throw refusedPassword(dataFolder, errorText(error));
    return undefined;
  });
}

function startWatchdog(): ChildProcess {
  const watchdog = spawn('sh', ['-c', WATCHDOG], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  watchdog.unref();
  (watchdog.stdin as Socket).unref();
  return watchdog;
}

/** A server that loads a large file answers late: it is waited for as long as it lives. */
async function firstAnswer(ended: Promise<string>, started: Started): Promise<ServerFacts> {
  const { child, program, dataFolder } = started;
  let failure: string | undefined;
  void ended.then((end) => {
    failure = `it ended with ${end}: ${lastLines(logFileOf(dataFolder))}`;
  });
  for (;;) {
    const facts = await answerOf(dataFolder);
    if (failure !== undefined) throw new RedisProblem(`${program.path} could not be started: ${failure}`);
    if (facts?.processId === child.pid) return facts as ServerFacts;
    await wait(POLL_MS);
  }
}

async function requireFreePort(port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen(port, '127.0.0.1', resolve);
    });
  } catch (error) {
    throw new RedisProblem(
      `EMBEDDED_REDIS_PORT: expected port ${port} on 127.0.0.1 to be free, got ${errorText(error)}. ` +
        `Choose another (EMBEDDED_REDIS_PORT=${port + 10}), or 0 for the unix socket alone`,
    );
  } finally {
    probe.close();
  }
}

async function stopProcess(pid: number, watchdog: ChildProcess): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  for (let isAlive = signal(pid, 'SIGTERM'); isAlive; isAlive = signal(pid, 0)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await wait(POLL_MS);
  }
  watchdog.kill('SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Where the server of a data folder writes its log. */
export function logFileOf(dataFolder: string): string {
  return join(dataFolder, 'redis.log');
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' | ');
  } catch {
    return 'no log was written';
  }
}

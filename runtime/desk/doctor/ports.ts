import { createServer } from 'node:net';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { type Listener, listenersOf, type Ports } from '../../settings/ports.ts';
import { broken, type Finding, ok } from './findings.ts';

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether every port that these handlers may listen on is free, or answered by a running Portcullis. */
export async function portFindings(host: string, ports: Ports, handlers: readonly AnyHandler[]): Promise<Finding[]> {
  return await Promise.all(
    listenersOf(handlers).map((listener) => portFinding(host, listener, ports[listener.role] ?? 0)),
  );
}

async function portFinding(host: string, { setting, sign }: Listener, port: number): Promise<Finding> {
  const check = `port ${setting}`;
  if (port === 0) return ok(check, 'off');
  const problem = await listenProblem(host, port);
  if (problem === undefined) return ok(check, `${port} is free`);
  if (problem === 'EADDRINUSE' && (await isOurs(host, port, sign))) return ok(check, `${port} is ours`);
  const found = problem === 'EADDRINUSE' ? `${port} is taken by another program` : `${port} on ${host}: ${problem}`;
  return broken(check, found, `Stop that program, or set ${setting} to another port (0: off).`);
}

async function listenProblem(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function isOurs(host: string, port: number, sign: { path: string; text: string }): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}${sign.path}`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return (await answer.text()).includes(sign.text);
  } catch {
    return false;
  }
}

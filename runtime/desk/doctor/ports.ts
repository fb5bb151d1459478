import { createServer } from 'node:net';
import { PORT_SETTINGS, type Ports } from '../../settings/runtime-settings.ts';
import { broken, type Finding, ok } from './findings.ts';

/** Where each of our listeners says something that only it says. */
const SIGNS: Readonly<Record<keyof Ports, { readonly path: string; readonly text: string }>> = {
  http: { path: '/metrics', text: 'portcullis_' },
  p26: { path: '/metrics', text: 'p26_' },
  p27Metrics: { path: '/metrics', text: 'p27_' },
  p27Health: { path: '/health', text: 'last_loop_ms' },
  p28: { path: '/health', text: 'p2.8-portfolio-risk-governor' },
  governor: { path: '/metrics', text: 'quantum_govern_' },
};

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether every port is free or answered by a running Portcullis. */
export async function portFindings(host: string, ports: Ports): Promise<Finding[]> {
  const names = Object.keys(SIGNS) as (keyof Ports)[];
  return await Promise.all(names.map((name) => portFinding(host, name, ports[name])));
}

async function portFinding(host: string, name: keyof Ports, port: number): Promise<Finding> {
  const check = `port ${PORT_SETTINGS[name]}`;
  if (port === 0) return ok(check, 'off');
  const problem = await listenProblem(host, port);
  if (problem === undefined) return ok(check, `${port} is free`);
  if (problem === 'EADDRINUSE' && (await isOurs(host, port, SIGNS[name]))) return ok(check, `${port} is ours`);
  const found = problem === 'EADDRINUSE' ? `${port} is taken by another program` : `${port} on ${host}: ${problem}`;
  return broken(check, found, `Stop that program, or set ${PORT_SETTINGS[name]} to another port (0: off).`);
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

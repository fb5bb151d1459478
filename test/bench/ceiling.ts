import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { workloadsOf } from './contestants/contestant.ts';
import type { BenchServer } from './server.ts';

const run = promisify(execFile);

/** Entries a second that `redis-benchmark -P 50` can append, each as large as a proposal; undefined where it is not installed. */
export async function ceilingOf(server: BenchServer, positions: number, count: number): Promise<number | undefined> {
  const [workload] = workloadsOf({ gate: 'heat-gate', portfolios: 1, positions });
  await server.clear();
  // redis-benchmark takes its password as an argument, which everybody may read: this user may do nothing else.
  const login = { user: 'ceiling', password: randomBytes(16).toString('hex') };
  await server.redis.call('ACL', 'SETUSER', login.user, 'reset', 'on', `>${login.password}`, '~bench', '+xadd');
  const settings = [
    '--user',
    login.user,
    '-a',
    login.password,
    '-h',
    '127.0.0.1',
    '-p',
    String(server.port),
    '-P',
    '50',
    '-n',
    String(count),
    '--csv',
  ];
  try {
    const { stdout } = await run('redis-benchmark', [...settings, 'XADD', 'bench', '*', ...workload.entry(0)]);
    return perSecondOf(stdout);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await server.redis.call('ACL', 'DELUSER', login.user);
  }
}

/** The last line is `"the command","requests a second",…`. */
function perSecondOf(csv: string): number {
  const last = csv.trim().split('\n').at(-1) ?? '';
  const figure = /","([\d.]+)"/.exec(last)?.[1];
  if (figure === undefined) throw new Error(`expected figures of redis-benchmark, got ${JSON.stringify(last)}`);
  return Number(figure);
}

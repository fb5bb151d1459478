import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MINUTE_MS } from '../../../../schemas/duration.ts';
import { runtimeKeys, streams } from '../../../../schemas/keys.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';
import { ENGINE_TIMINGS } from '../../../engine/status/timings.ts';
import { keysFrom } from '../invitation.ts';
import { within } from '../patience.ts';
import type { Stack } from '../stack.ts';
import type { Proof, Section } from './section.ts';

const PROPOSALS = 2_000;
const AT_ONCE = 50;
const START_MS = 120_000;
/** A dead worker's entries are taken over within seconds; a busy machine may take longer. */
const TAKE_OVER_MS = MINUTE_MS;
const GROUP = 'p26_heat_gate';
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? '../../../bootstrap/portcullis.mjs'
      : '../../../../../runtime/bootstrap/portcullis.mjs',
    import.meta.url,
  ),
);

/** A worker of the proof's own, on the scratch portfolio alone, is killed with entries in hand: nothing is lost, nothing doubled. */
export const crash: Section = {
  name: 'crash',
  title: 'A worker is killed',
  needs: ['heat-gate'],
  destructive: true,
  run: async (proof) => {
    const { list, stack, signal } = proof;
    const child = startWorker(proof);
    try {
      let consumer: string | undefined;
      const joined = async () => {
        consumer = await workerOf(stack, child.pid);
        return consumer === undefined ? undefined : 'joined';
      };
      await list.answers('a worker of its own joins the scratch portfolio', 'joined', joined, { patienceMs: START_MS });
      if (consumer === undefined) return;
      const worker = consumer;
      await within(TAKE_OVER_MS, () => handedOver(stack, worker), signal);
      const inHand = async () => ((await pendingOf(stack, worker)) > 0 ? 'with entries in hand' : 'idle');
      await list.answers('kill -9 of it', 'with entries in hand', () => flooded(proof, child, inHand));
      const before = performance.now();
      await within(TAKE_OVER_MS, async () => (await outcomes(stack)).plans >= PROPOSALS, signal);
      const took = Math.round((performance.now() - before) / 1000);
      const exact = `${PROPOSALS} plans, ${PROPOSALS} entries`;
      const counted = async () => {
        const { plans, entries } = await outcomes(stack);
        return `${plans} plans, ${entries} entries`;
      };
      await list.answers(`every proposal has one outcome (${took} s later): harvest.calibrated`, exact, counted);
    } finally {
      child.kill('SIGKILL');
    }
  },
};

function startWorker({ environment, stack }: Proof): ChildProcess {
  const own = {
    PORTFOLIOS: stack.portfolio.prefix,
    GATES: 'heat-gate',
    HTTP_PORT: '0',
    FEEDS: 'off',
    NOTIFY_SOCKET: '',
  };
  return spawn(process.execPath, [PROGRAM, 'start'], { env: { ...environment, ...own }, stdio: 'ignore' });
}

/** The name of the worker that this process is, once it reads proposals. */
async function workerOf(stack: Stack, pid: number | undefined): Promise<string | undefined> {
  const start = stack.portfolio.key(runtimeKeys.worker(''));
  for (const key of await keysFrom(stack.redis, start)) {
    const [, holder] = ((await stack.redis.get(key)) ?? '').split(' ');
    const name = key.slice(start.length);
    const reads = stack.redis.sismember(stack.portfolio.key(runtimeKeys.consumers('heat-gate')), name);
    if (holder === String(pid) && (await reads) === 1) return name;
  }
  return undefined;
}

/** Gives the reading of proposals to a worker that stands by; says whether it has taken it up. */
async function handedOver({ redis, portfolio }: Stack, worker: string): Promise<boolean> {
  const lease = portfolio.key(runtimeKeys.lease('heat-gate'));
  if ((await redis.get(lease)) === worker && (await redis.pttl(lease)) > ENGINE_TIMINGS.leaseMs / 2) return true;
  await redis.set(lease, worker, 'PX', ENGINE_TIMINGS.leaseMs / 2);
  return false;
}

async function pendingOf(stack: Stack, consumer: string): Promise<number> {
  const stream = stack.portfolio.streamKey(streams.proposals);
  return (await stack.redis.xpending(stream, GROUP, '-', '+', 1, consumer)).length;
}

/** Proposes without pause, kills the worker as soon as it has something in hand, and proposes the rest; says how it was killed. */
async function flooded({ stack }: Proof, child: ChildProcess, inHand: () => Promise<string>): Promise<string> {
  let found = 'idle';
  for (let n = 0; n < PROPOSALS; n += AT_ONCE) {
    const planIds = Array.from({ length: AT_ONCE }, (_, at) => `crash${n + at}`);
    await Promise.all(planIds.map((planId) => stack.propose(planId, 'ETHUSDT', 'FULL_CLOSE')));
    if (found !== 'idle') continue;
    child.kill('SIGSTOP');
    found = await inHand();
    child.kill(found === 'idle' ? 'SIGCONT' : 'SIGKILL');
  }
  return found;
}

/** How many plans of the flood have an outcome, and how many outcomes there are. */
async function outcomes(stack: Stack): Promise<{ plans: number; entries: number }> {
  const entries = await stack.redis.xrange(stack.portfolio.streamKey(streams.calibrated), '-', '+');
  const planIds = entries.map(([, flat]) => fieldsOf(flat).plan_id ?? '').filter((planId) => /^crash\d/.test(planId));
  return { plans: new Set(planIds).size, entries: planIds.length };
}

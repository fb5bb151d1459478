import type { Redis } from 'ioredis';
import { keys, streams } from '../../../../schemas/keys.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';
import type { Proof, Section } from './section.ts';

const ENTRIES = 100;
const LOST_MS = 5_000;

/** How long an entry takes from XADD to its answer, one at a time, as a program beside this one sees it. */
export const latency: Section = {
  name: 'latency',
  title: 'Latency',
  needs: [],
  run: async (proof) => {
    await measured(proof, 'heat-gate', 'proposal to harvest.calibrated', {
      output: streams.calibrated,
      send: (planId) => proof.stack.propose(planId, 'ETHUSDT', 'FULL_CLOSE'),
    });
    await measured(proof, 'governor', 'plan to governor.events', {
      output: streams.governorEvents,
      send: (planId) => proof.stack.plan(planId, 'ETHUSDT', { action: 'HOLD' }),
    });
    const { list, stack } = proof;
    const waiting = async () =>
      (await stack.redis.exists(stack.portfolio.key(keys.permit('lat0')))) === 0 ? 'none' : 'one';
    await list.answers('HOLD plans left no permit', 'none', waiting, { needs: ['governor'] });
  },
};

interface Path {
  readonly output: string;
  readonly send: (planId: string) => Promise<void>;
}

async function measured(proof: Proof, handler: string, name: string, path: Path): Promise<void> {
  const { list, stack, maxLatencyMs, signal } = proof;
  const reader = await proof.connect();
  try {
    const spent: number[] = [];
    const measure = async () => {
      for (let n = 0; n < ENTRIES && !signal.aborted; n += 1)
        spent.push(await roundTrip(reader, stack.portfolio.streamKey(path.output), path, `lat${n}`));
      return `${ENTRIES} of ${ENTRIES}`;
    };
    await list.answers(`${name}: every entry is answered`, `${ENTRIES} of ${ENTRIES}`, measure, { needs: [handler] });
    if (spent.length < ENTRIES) return;
    const { p50, p99, max } = quantiles(spent);
    const figures = `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;
    if (maxLatencyMs === undefined) return await list.answers(`${name}: measured`, figures, async () => figures);
    const expected = `p99 at most ${maxLatencyMs} ms`;
    await list.answers(`${name}: p99`, expected, async () => (p99 <= maxLatencyMs ? expected : figures));
  } finally {
    reader.disconnect();
  }
}

/** Milliseconds from before the XADD until the answer to this very plan has been read. */
async function roundTrip(reader: Redis, output: string, path: Path, planId: string): Promise<number> {
  const [newest] = await reader.xrevrange(output, '+', '-', 'COUNT', 1);
  let after = newest?.[0] ?? '0-0';
  const startedMs = performance.now();
  await path.send(planId);
  for (;;) {
    const read = await reader.xread('BLOCK', LOST_MS, 'STREAMS', output, after);
    const entries = read?.[0]?.[1] ?? [];
    if (entries.some(([, flat]) => fieldsOf(flat).plan_id === planId)) return performance.now() - startedMs;
    const last = entries.at(-1);
    if (last === undefined)
      throw new Error(`expected an answer to ${planId} on ${output} within ${LOST_MS} ms, got none`);
    after = last[0];
  }
}

function quantiles(spent: readonly number[]) {
  const sorted = [...spent].sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

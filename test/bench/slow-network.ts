import { startSlowLink } from '../support/slow-link.ts';
import { fill } from './backlog.ts';
import { Crew } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import type { BenchServer } from './server.ts';
import type { GateName } from './workloads/workload.ts';

const MESSAGES = 4_700;
const WORKERS = 2;
const DELAY_MS = 100;
const RESET_SHARE = 0.01;
const GATES: readonly GateName[] = ['heat-gate', 'governor'];

/** How a backlog was worked off over a slow network. */
export interface SlowNetworkRow {
  readonly gate: GateName;
  readonly messages: number;
  /** From the moment at which the messages were there. */
  readonly seconds: number;
  readonly per_second: number;
  /** Connections that were lost meanwhile. */
  readonly resets: number;
}

/** Has two workers of each gate, a long way from Redis on which connections are lost, work off a backlog; every message is checked. */
export async function measureSlowNetwork(
  server: BenchServer,
  { positions, gates }: { positions: number; gates: readonly GateName[] },
  say: Say,
): Promise<SlowNetworkRow[]> {
  const rows: SlowNetworkRow[] = [];
  const chosen = GATES.filter((gate) => gates.includes(gate));
  for (const [at, gate] of chosen.entries()) {
    const row = await workedOff(server, gate, positions);
    rows.push(row);
    say(`${gate} ${row.seconds.toFixed(1)} s, ${row.resets} connections lost`, at + 1, chosen.length);
  }
  return rows;
}

async function workedOff(server: BenchServer, gate: GateName, positions: number): Promise<SlowNetworkRow> {
  const link = await startSlowLink(server.port, { delayMs: DELAY_MS, resetShare: RESET_SHARE, dice: Math.random });
  const crew = await Crew.start({ contestant: 'portcullis', gate, positions, url: link.url, workers: WORKERS });
  try {
    await server.clear();
    await crew.workloads[0].seed(server.redis);
    await crew.go();
    const before = link.resets;
    const startMs = performance.now();
    await fill(server, 'portcullis', crew.workloads, { from: 0, to: MESSAGES });
    const { atMs } = await sampleAt(server, crew, MESSAGES);
    const resets = link.resets - before;
    await checkDelivery(server.redis, 'portcullis', crew.workloads[0], MESSAGES);
    link.heal();
    await crew.rest();
    const seconds = (atMs - startMs) / 1000;
    return { gate, messages: MESSAGES, seconds, per_second: MESSAGES / seconds, resets };
  } finally {
    await crew.stop();
    await link.stop();
  }
}

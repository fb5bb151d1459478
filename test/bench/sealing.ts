import { SEAL_LIMITS, Sealer } from '../../runtime/desk/seals/sealer.ts';
import { streams } from '../../schemas/keys.ts';
import { Crew } from './crew.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { backlogOf, measureRound } from './round.ts';
import type { BenchServer } from './server.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';
import type { GateName } from './workloads/workload.ts';

const MESSAGES = 12_000;
const QUICK_MESSAGES = 4_000;

/** What sealing the decisions of a gate costs beside the gate itself: CPU in microseconds a message. */
export interface SealingRow {
  readonly gate: GateName;
  readonly decisions: number;
  readonly gate_node_us: Spread;
  readonly seal_node_us: Spread;
  readonly seal_redis_us: Spread;
  /** Node for sealing over Node for the gate, round by round. */
  readonly share: Spread;
}

interface Costs {
  readonly gate: number;
  readonly node: number;
  readonly redis: number;
}

/**
 * Lets each gate that logs decisions (HeatBridge does not) work off a backlog, then seals what it logged, in this process: what a worker would spend besides, in
 * other turns than its commits, which are the same with sealing as without.
 */
export async function measureSealing(
  server: BenchServer,
  { gates, positions, rounds, quick }: Pick<Options, 'gates' | 'positions' | 'rounds' | 'quick'>,
  say: Say,
): Promise<SealingRow[]> {
  const rows: SealingRow[] = [];
  for (const gate of gates) {
    const crew = await Crew.start({ contestant: 'portcullis', gate, positions, url: server.url });
    const measured: Costs[] = [];
    let decisions = 0;
    try {
      const [{ units, warmUp }] = crew.workloads;
      const variant = { label: `${gate}:`, crew: crew.spec };
      await measureRound(server, crew, variant, warmUp);
      if ((await server.redis.xlen(crew.workloads[0].portfolio.streamKey(streams.decisions))) === 0) continue;
      for (let round = 1; round <= rounds; round += 1) {
        const count = Math.ceil((quick ? QUICK_MESSAGES : MESSAGES) / units);
        const { nodeUs } = await measureRound(server, crew, variant, count);
        const sealed = await sealAll(server, crew);
        const messages = backlogOf(count);
        decisions = sealed.decisions;
        measured.push({ gate: nodeUs * units, node: sealed.nodeUs / messages, redis: sealed.redisUs / messages });
        say(`${gate}: ${Math.round(sealed.nodeUs / messages)} µs a message`, round, rounds);
      }
    } finally {
      await crew.stop();
    }
    rows.push(rowOf(gate, decisions, measured));
  }
  return rows;
}

function rowOf(gate: GateName, decisions: number, measured: readonly Costs[]): SealingRow {
  const all = (of: (costs: Costs) => number) => measured.map(of);
  const [gateUs, nodeUs] = [all((one) => one.gate), all((one) => one.node)];
  const spreads = { gate_node_us: spreadOf(gateUs), seal_node_us: spreadOf(nodeUs) };
  return {
    gate,
    decisions,
    ...spreads,
    seal_redis_us: spreadOf(all((one) => one.redis)),
    share: ratioOf(nodeUs, gateUs),
  };
}

async function sealAll(server: BenchServer, crew: Crew) {
  const [{ portfolio }] = crew.workloads;
  const log = portfolio.streamKey(streams.decisions);
  const decisions = await server.redis.xlen(log);
  const [newest] = await server.redis.xrevrange(log, '+', '-', 'COUNT', 1);
  if (newest === undefined) throw new Error('sealing: expected decisions in the log, got none');
  const sealer = new Sealer(server.redis, portfolio, {
    ...{ key: undefined, limits: { ...SEAL_LIMITS, afterMs: 0 } },
    warn: (message) => {
      throw new Error(message);
    },
  });
  const [cpu, redisUs] = [process.cpuUsage(), await server.cpuUs()];
  while (!sealer.isSealedUpTo(newest[0])) await sealer.turn(newest[0]);
  const { user, system } = process.cpuUsage(cpu);
  return { decisions, nodeUs: user + system, redisUs: (await server.cpuUs()) - redisUs };
}

import { type Contestant, contestants } from './contestants/contestant.ts';
import type { Options } from './options.ts';
import type { BenchServer } from './server.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { measureRound, type Round } from './throughput.ts';
import { workloadOf } from './workloads/index.ts';
import type { GateName, Workload } from './workloads/workload.ts';

const FULL_TIMES = 4;
/** BullMQ is slower and warm sooner: it gets a third of the messages, but of the few budget ticks all. */
const BULLMQ_SHARE = 3;

/** The figures of one contestant over all rounds. */
export interface Figures {
  readonly per_second: Spread;
  /** CPU microseconds of its Node a message (a symbol of a budget tick). */
  readonly node_us: Spread;
  /** CPU microseconds of Redis a message, those of the bench's own polling included. */
  readonly redis_us: Spread;
}

/** What the comparison of one gate gave. */
export interface GateFigures {
  readonly figures: Readonly<Record<Contestant, Figures>>;
  /** Throughput of the product over each rival's, round by round. */
  readonly vs_bullmq: Spread;
  readonly vs_bare_loop: Spread;
}

/** Measures the contestants of a gate side by side: in every round each once, one after the other. */
export async function compareGate(
  server: BenchServer,
  gate: GateName,
  options: Options,
  say: (line: string) => void,
): Promise<GateFigures> {
  const workload = workloadOf(gate, options.positions);
  const times = options.quick ? 1 : FULL_TIMES;
  const rounds: Record<Contestant, Round[]> = { portcullis: [], bullmq: [], bare_loop: [] };
  for (let number = 1; number <= options.rounds; number += 1) {
    for (const contestant of contestants) {
      const counts = countsOf(workload, contestant, times);
      const round = await measureRound(server, { contestant, workload, positions: options.positions, ...counts });
      rounds[contestant].push(round);
      say(`${gate} round ${number}/${options.rounds} ${contestant}: ${Math.round(round.perSecond)}/s`);
    }
  }
  return {
    figures: {
      portcullis: figuresOf(rounds.portcullis),
      bullmq: figuresOf(rounds.bullmq),
      bare_loop: figuresOf(rounds.bare_loop),
    },
    vs_bullmq: ratioOf(rounds.portcullis, rounds.bullmq),
    vs_bare_loop: ratioOf(rounds.portcullis, rounds.bare_loop),
  };
}

function countsOf({ messages, units }: Workload, contestant: Contestant, times: number) {
  const share = contestant === 'bullmq' && units === 1 ? BULLMQ_SHARE : 1;
  return { warmUp: Math.ceil(messages.warmUp / share), counted: Math.ceil((messages.counted * times) / share) };
}

function figuresOf(rounds: readonly Round[]): Figures {
  return {
    per_second: spreadOf(rounds.map((round) => round.perSecond)),
    node_us: spreadOf(rounds.map((round) => round.nodeUs)),
    redis_us: spreadOf(rounds.map((round) => round.redisUs)),
  };
}

/** Round by round, so that what slows the machine for a while slows both sides of a ratio. */
function ratioOf(ours: readonly Round[], theirs: readonly Round[]): Spread {
  return spreadOf(ours.map((round, at) => round.perSecond / (theirs[at]?.perSecond ?? Number.NaN)));
}

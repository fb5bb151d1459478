import { Crew, type CrewSpec } from './crew.ts';
import type { Say } from './progress.ts';
import { measureRound, type Round, type Variant } from './round.ts';
import type { BenchServer } from './server.ts';

const LEAST_MESSAGES = 120;
/** BullMQ is slower and warm sooner. */
const BULLMQ_SHARE = 0.5;

/** How long is measured. */
export interface Duration {
  readonly rounds: number;
  /** Seconds that a round is meant to take, not counting what is written and checked around it. */
  readonly seconds: number;
  /** Half the warm-up, for a run that has to be short. */
  readonly quick: boolean;
}

/** Measures variants side by side: in every round each once, one after the other, each round begun by another. Gives the rounds of each, in order. */
export async function sideBySide(
  server: BenchServer,
  variants: readonly Variant[],
  { rounds, seconds, quick }: Duration,
  say: Say,
): Promise<Round[][]> {
  const crews = await crewsOf(variants);
  try {
    const rates = await warmUp(server, crews, variants, quick ? 0.5 : 1);
    const measured: Round[][] = variants.map(() => []);
    for (let number = 0; number < rounds; number += 1) {
      for (const at of turns(variants.length, number)) {
        const [variant, crew] = [variants[at], crews[at]];
        if (variant === undefined || crew === undefined) continue;
        const round = await measureRound(server, crew, variant, messagesFor(crew, rates[at] ?? 0, seconds));
        measured[at]?.push(round);
        rates[at] = round.perSecond;
        say(`${variant.label} ${Math.round(round.perSecond)}/s`, number + 1, rounds);
      }
    }
    return measured;
  } finally {
    await Promise.all([...new Set(crews)].map((crew) => crew.stop()));
  }
}

/** The order of round number `round`: another one is first each time. */
export function turns(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, at) => (at + round) % count);
}

/** Variants that the same processes can measure share them. */
async function crewsOf(variants: readonly Variant[]): Promise<Crew[]> {
  const started = new Map<string, Promise<Crew>>();
  const crewOf = (spec: CrewSpec) => {
    const name = JSON.stringify(spec);
    const crew = started.get(name) ?? Crew.start(spec);
    started.set(name, crew);
    return crew;
  };
  return await Promise.all(variants.map(({ crew }) => crewOf(crew)));
}

/** Works every process of every crew warm, each on a backlog of its own, and gives the rate at which each variant went last. */
async function warmUp(
  server: BenchServer,
  crews: readonly Crew[],
  variants: readonly Variant[],
  share: number,
): Promise<number[]> {
  const rates = new Map<Crew, number>();
  for (const [at, crew] of crews.entries()) {
    const variant = variants[at];
    if (variant === undefined || rates.has(crew)) continue;
    const messages = crew.workloads[0].warmUp * share * (crew.spec.contestant === 'bullmq' ? BULLMQ_SHARE : 1);
    for (const one of crew.each()) {
      rates.set(crew, (await measureRound(server, one, variant, Math.ceil(messages))).perSecond);
    }
  }
  return crews.map((crew) => rates.get(crew) ?? 0);
}

/** As many messages as the time is meant for, at the rate that was seen last. */
function messagesFor(crew: Crew, unitsPerSecond: number, seconds: number): number {
  const [{ units }] = crew.workloads;
  return Math.ceil(Math.max(LEAST_MESSAGES, (unitsPerSecond * seconds) / units));
}

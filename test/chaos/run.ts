import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../support/redis.ts';
import { collect, leftOver } from './collect.ts';
import type { Fault } from './faults/fault.ts';
import { faults } from './faults/index.ts';
import { readers } from './names.ts';
import { findingsOf } from './oracle/index.ts';
import type { Finding, Witness } from './oracle/witness.ts';
import { Dice } from './random.ts';
import { type Rig, startRig, stopRig } from './rig.ts';

const BEFORE_MS = 800;
const AFTER_MS = 700;
const DRAIN_MS = 60_000;
/** Three intervals after which a schedule that is gone is set up again, and a turn of maintenance that notices. */
const TICK_MS = 30_000;
const BACKLOG_DRAIN_MS = 300_000;

/** What is done in one run. */
export interface Plan {
  readonly name: string;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** At the same time, each after a random while; else one after the other. */
  readonly together: boolean;
  readonly long: boolean;
}

/** What a run came to. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly outcomes: number;
  readonly tookMs: number;
  /** Where the logs of a run that failed are. */
  readonly folder: string;
}

/** The run of one fault alone. */
export function alone(fault: Fault, long: boolean): Plan {
  return { name: fault.name, seed: 1, faults: [fault], together: false, long };
}

/** The mix of faults that a seed determines. */
export function mixOf(seed: number, long: boolean): Plan {
  const dice = new Dice(seed);
  const fit = faults.filter(
    (fault) => fault.mixes || (long && fault.backlog === undefined && fault.name !== 'flushall'),
  );
  const chosen = Array.from({ length: dice.between(3, 5) }, () => dice.pick(fit));
  return { name: `mix ${chosen.map(({ name }) => name).join(' + ')}`, seed, faults: chosen, together: true, long };
}

/** Runs a plan from an empty server to the oracle's findings. */
export async function run(plan: Plan): Promise<Report> {
  const startedMs = Date.now();
  const dice = new Dice(plan.seed);
  const asksOverHttp = plan.faults.some((fault) => fault.asksOverHttp);
  const rig = await startRig(dice, { workers: plan.long ? 3 : 2, asksOverHttp });
  const findings: Finding[] = [];
  let outcomes = 0;
  try {
    const witness = await witnessOf(plan, rig);
    outcomes = witness.decisions.length;
    findings.push(...rig.fleet.problems, ...findingsOf(witness));
  } catch (error) {
    findings.push(...rig.fleet.problems, `the run itself failed: ${error instanceof Error ? error.message : error}`);
  } finally {
    await stopRig(rig);
  }
  if (findings.length === 0) await rm(rig.folder, { recursive: true, force: true });
  return { findings, outcomes, tookMs: Date.now() - startedMs, folder: rig.folder };
}

async function witnessOf(plan: Plan, rig: Rig): Promise<Witness> {
  const { load, askers, fleet, server } = rig;
  const backlog = Math.max(0, ...plan.faults.map((fault) => fault.backlog ?? 0));
  if (backlog > 0) await load.backlog(backlog);
  await fleet.start();
  await load.start();
  askers.start();
  await pause(BEFORE_MS);
  await happen(plan, rig);
  await fleet.allReady();
  await pause(AFTER_MS);
  await askers.stop();
  await load.stop();
  const healedSec = Number((await server.client.time())[0]);
  await until('everything to be finished', () => isDrained(rig), backlog > 0 ? BACKLOG_DRAIN_MS : DRAIN_MS);
  await until('the schedules to tick', () => ticksSince(rig, healedSec), TICK_MS);
  await fleet.stop();
  return await collect(server.client, { ...rig, told: askers.told });
}

async function happen({ faults: chosen, together }: Plan, rig: Rig): Promise<void> {
  const waits = chosen.map(() => (together ? rig.dice.between(0, 2_000) : 0));
  const happening = chosen.map(async (fault, at) => {
    await pause(waits[at]);
    await fault.happen(rig);
  });
  await Promise.all(happening);
}

async function isDrained(rig: Rig): Promise<boolean> {
  for (const reader of readers) {
    const { pending, waiting } = await leftOver(rig.server.client, reader);
    if (pending > 0 || waiting) return false;
  }
  return true;
}

/** Whether the heat monitor ran on a schedule since then; Unix seconds. */
async function ticksSince({ server }: Rig, sec: number): Promise<boolean> {
  return Number(await server.client.hget('quantum:state:heat', 'timestamp')) >= sec;
}

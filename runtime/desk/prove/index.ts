import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { Checklist, type ProofCheck } from './checklist.ts';
import { Interrupted } from './patience.ts';
import { Scratch } from './scratch.ts';
import { asks } from './sections/asks.ts';
import { crash } from './sections/crash.ts';
import { governor } from './sections/governor.ts';
import { heatBridge } from './sections/heat-bridge.ts';
import { heatGate } from './sections/heat-gate.ts';
import { latency } from './sections/latency.ts';
import { riskGovernor } from './sections/risk-governor.ts';
import type { Proof, Section } from './sections/section.ts';
import { strategies } from './sections/strategies.ts';
import { system } from './sections/system.ts';
import { Stack } from './stack.ts';
import { Web } from './web.ts';

const SECTIONS: readonly Section[] = [
  system,
  heatGate,
  heatBridge,
  riskGovernor,
  governor,
  asks,
  strategies,
  latency,
  crash,
];

/** The names of the sections, in their order; the last kills a process. */
export const sectionNames: readonly string[] = SECTIONS.map(({ name }) => name);

const CLEANING_UP = 'Cleaning up';

/** The titles of what a proof goes through that kills nothing, in order. */
export const sectionTitles: readonly string[] = [
  ...SECTIONS.filter(({ destructive }) => destructive !== true).map(({ title }) => title),
  CLEANING_UP,
];

/** What a proof came to. */
export interface ProofResult {
  readonly portfolio: string;
  /** Prefix of the scratch portfolio it was made on. */
  readonly scratch: string;
  /** When it began, ISO 8601. */
  readonly at: string;
  readonly workers: readonly string[];
  readonly checks: readonly ProofCheck[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Whether somebody ended it early. */
  readonly interrupted: boolean;
  /** Keys of the scratch portfolio that are left. */
  readonly keys_left: number;
}

/** How a proof is made. */
export interface ProofOptions extends Pick<Proof, 'broken' | 'connect' | 'environment' | 'maxLatencyMs' | 'signal'> {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly handlers: readonly AnyHandler[];
  /** Names of the sections to go through; empty: all that kill nothing. */
  readonly only: readonly string[];
  /** Whether a worker of the proof's own may be killed too. */
  readonly destructive: boolean;
  /** Leave the keys of the scratch portfolio. */
  readonly keep: boolean;
  readonly onCheck: (check: ProofCheck) => void;
  /** Told the prefix of the scratch portfolio once workers are invited to it. */
  readonly onBegun?: (scratch: string) => Promise<void>;
}

/** Goes through the proof on a scratch portfolio of the running system, and clears it away whatever comes. Throws a `Refusal` when it cannot begin. */
export async function prove(options: ProofOptions): Promise<ProofResult> {
  const { redis, portfolio, keep, signal } = options;
  const at = new Date().toISOString();
  const scratch = await Scratch.open(redis, portfolio, { keep });
  let interrupted = false;
  let proof: Proof | undefined;
  let keysLeft: number;
  try {
    await options.onBegun?.(scratch.portfolio.prefix);
    proof = await begun(options, scratch);
    for (const section of chosen(options)) await gone(section, proof);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    interrupted = true;
  } finally {
    keysLeft = await scratch.close();
  }
  if (!keep && proof !== undefined && !signal.aborted) {
    const { list } = proof;
    await list.section(CLEANING_UP, [], () =>
      list.answers('keys of the scratch portfolio that are left', '0', async () => String(keysLeft)),
    );
  }
  return resultOf(options, scratch, at, { proof, interrupted, keysLeft });
}

async function begun(options: ProofOptions, scratch: Scratch): Promise<Proof> {
  const { redis, handlers, signal, onCheck } = options;
  const { workers, hosts } = await scratch.join(signal);
  const running = new Set(hosts.flatMap((host) => host.handlers));
  const stack = new Stack(redis, scratch.portfolio, handlers);
  await stack.defaultLimits();
  const list = new Checklist({ running, signal, onCheck });
  return { ...options, list, stack, hosts, workers, web: new Web(hosts, scratch.portfolio.prefix, scratch.token) };
}

function chosen({ only, destructive }: ProofOptions): readonly Section[] {
  const wanted = SECTIONS.filter(({ name }) => only.length === 0 || only.includes(name));
  return wanted.filter((section) => section.destructive !== true || destructive);
}

async function gone({ title, needs, run }: Section, proof: Proof): Promise<void> {
  await proof.list.section(title, needs, () => run(proof));
}

function resultOf(
  { portfolio }: ProofOptions,
  scratch: Scratch,
  at: string,
  came: { readonly proof: Proof | undefined; readonly interrupted: boolean; readonly keysLeft: number },
): ProofResult {
  const checks = came.proof?.list.checks ?? [];
  const counted = (verdict: ProofCheck['verdict']) => checks.filter((check) => check.verdict === verdict).length;
  return {
    portfolio: portfolio.prefix,
    scratch: scratch.portfolio.prefix,
    at,
    workers: (came.proof?.hosts ?? []).map(({ worker, machine, pid }) => `${worker} (process ${pid} on ${machine})`),
    checks,
    passed: counted('pass'),
    failed: counted('fail'),
    skipped: counted('skipped'),
    interrupted: came.interrupted,
    keys_left: came.keysLeft,
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import { alertNames } from '../support/alert-condition.ts';
import { type Fault, faults, NOT_LIVE } from './faults.ts';
import { LiveWorld } from './live-world.ts';
import { Prometheus } from './prometheus.ts';

const JOBS = 4;
/** How long an alert may take from its fault on; the longest takes three quarters of a minute. */
const PATIENCE_MS = 120_000;
const LIMIT_SEC = 900;
const AGAIN_MS = 500;

// Clients of a Redis that was killed would keep the process.
process.exit(await main(process.env.PROMETHEUS ?? 'prometheus', process.argv.slice(2)));

/** Makes every fault, each in a system of its own, and waits until its alert fires. Arguments name alerts to try alone. */
async function main(program: string, only: readonly string[]): Promise<number> {
  const untried = alertNames.filter(
    (alert) => NOT_LIVE[alert] === undefined && !faults.some((fault) => fault.alert === alert),
  );
  for (const alert of untried) say(`FAILED ${alert}: no fault makes it fire, and nothing says why`);
  for (const [alert, reason] of Object.entries(NOT_LIVE)) say(`left out ${alert}: ${reason}`);
  const wanted = [...faults.entries()].filter(([, { alert }]) => only.length === 0 || only.includes(alert));
  const prometheus = await Prometheus.start(program, LIMIT_SEC);
  try {
    const left = [...wanted];
    let failed = untried.length;
    const work = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        if (!(await tried(next[1], `w${next[0]}`, prometheus))) failed += 1;
      }
    };
    await Promise.all(Array.from({ length: JOBS }, work));
    say(`${wanted.length + untried.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await prometheus.stop();
  }
}

async function tried(fault: Fault, name: string, prometheus: Prometheus): Promise<boolean> {
  const world = new LiveWorld(fault.alert, name, prometheus);
  const fromMs = performance.now();
  const seconds = () => ((performance.now() - fromMs) / 1_000).toFixed(1);
  try {
    await fault.make(world);
    await firing(fault, world);
    say(`ok ${fault.alert}: ${fault.cause} (${seconds()} s)`);
    return true;
  } catch (error) {
    say(`FAILED ${fault.alert}: ${fault.cause} (${seconds()} s): ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    await world.stop();
  }
}

async function firing(fault: Fault, world: LiveWorld): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await world.fires(fault.alert))) {
    if (performance.now() > untilMs) throw new Error(`did not fire within ${PATIENCE_MS / 1_000} s`);
    await fault.again?.(world);
    await pause(AGAIN_MS);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

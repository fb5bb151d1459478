import { setTimeout as wait } from 'node:timers/promises';
import { tsImport } from 'tsx/esm/api';

const { freePort } = await tsImport('../support/ports.ts', import.meta.url);

const results = { passed: 0, failed: [] };
const PORTS = [
  'EMBEDDED_REDIS_PORT',
  'HTTP_PORT',
  'P26_METRICS_PORT',
  'P27_METRICS_PORT',
  'P27_HEALTH_PORT',
  'P28_PORT',
  'GOV_METRICS_PORT',
];

/** Runs one named step; after one that failed the others are not tried. */
export async function step(name, work) {
  if (results.failed.length > 0) {
    results.failed.push(name);
    console.log(`not tried: ${name}`);
    return;
  }
  try {
    await work();
    results.passed++;
    console.log(`ok: ${name}`);
  } catch (error) {
    results.failed.push(name);
    console.log(`FAILED: ${name}\n${error.message}`);
  }
}

/** Prints `N passed, N failed` and sets the exit code of the process. */
export function sumUp() {
  console.log(`${results.passed} passed, ${results.failed.length} failed`);
  process.exitCode = results.failed.length === 0 ? 0 : 1;
}

/** Loopback ports that nothing listens on, and that no system gives out by itself. */
export async function freePorts(count) {
  const ports = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** An environment with free ports and a data folder of its own; nothing in it names another Redis. */
export async function ownEnvironment(dataFolder) {
  const ports = await freePorts(PORTS.length);
  const chosen = Object.fromEntries(PORTS.map((name, index) => [name, String(ports[index])]));
  const rest = Object.entries(process.env).filter(([name]) => !/^(?:REDIS_|npm_|P2[678]_|GOV_|PORTCULLIS_)/.test(name));
  return { ...Object.fromEntries(rest), ...chosen, PORTCULLIS_DATA_DIR: dataFolder };
}

/** Throws, with both, unless they are the same. */
export function expectEqual(got, expected) {
  if (got !== expected) throw new Error(`expected ${expected}, got ${got}`);
}

/** Waits for a condition; throws after `timeoutMs`, or as soon as `failure` has something to say. */
export async function until(condition, timeoutMs, failure = () => false) {
  for (const deadline = Date.now() + timeoutMs; ; await wait(50)) {
    if (await condition()) return;
    const why = failure();
    if (why) throw new Error(why);
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms`);
  }
}

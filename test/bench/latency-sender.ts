import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Redis } from 'ioredis';
import { workloadsOf } from './contestants/contestant.ts';
import type { SenderData } from './sender.ts';

const NAP_MS = 1;

const { url, positions, perSecond, count } = workerData as SenderData;
const [workload] = workloadsOf({ gate: 'heat-gate', portfolios: 1, positions });
const cell = new Int32Array(new SharedArrayBuffer(4));
const redis = new Redis(url);
await redis.ping();
const startMs = await begun();
let isAskedToEnd = false;
let index = 0;
parentPort?.once('message', () => {
  isAskedToEnd = true;
});

/** Says that its code is loaded and its connection stands, and waits to be told when the first message is due. */
function begun(): Promise<number> {
  const told = new Promise<number>((resolve) => parentPort?.once('message', resolve));
  parentPort?.postMessage('ready');
  return told;
}

/** Milliseconds until message number `at` is due, by the clock that all threads and processes share. */
function untilMs(at: number): number {
  return startMs + (at * 1000) / perSecond - Number(process.hrtime.bigint()) / 1e6;
}

/** Sends each message when it is due and never waits for an answer. A timer of Node would be late by up to a millisecond: the thread sleeps for the fraction. */
while (index < count && !isAskedToEnd) {
  for (; index < count && untilMs(index) <= 0; index += 1) {
    redis.xadd(workload.stream, '*', ...workload.entry(index)).catch(() => undefined);
  }
  await turn();
  const leftMs = untilMs(index);
  if (leftMs > 0) Atomics.wait(cell, 0, 0, Math.min(leftMs, NAP_MS));
}
await redis.quit();
parentPort?.postMessage(index);
parentPort?.close();

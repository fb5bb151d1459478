import { type Contestant, type Job, type Running, type Start, workloadsOf } from './contestants/contestant.ts';
import type { Ask, Exposition, Usage } from './worker-process.ts';

/** Each loads the code of its own contestant alone. */
const STARTS: Readonly<Record<Contestant, () => Promise<Start>>> = {
  portcullis: async () => (await import('./contestants/portcullis.ts')).startPortcullis,
  bullmq: async () => (await import('./contestants/bullmq.ts')).startBullmq,
  bare_loop: async () => (await import('./contestants/bare-loop.ts')).startBareLoop,
};

const job = JSON.parse(process.env.BENCH_JOB ?? '') as Job;
const workloads = workloadsOf(job);
const trace = job.trace === true ? (await import('./tracer.ts')).traceConnections() : undefined;
const start = await STARTS[job.contestant]();
let running: Running | undefined;

process.on('message', (ask: Ask) => void answer(ask));
process.on('disconnect', () => process.exit(0));
/** Ctrl-C reaches the whole process group: the bench itself ends its workers. */
process.on('SIGINT', () => undefined);
process.send?.('loaded');

async function answer(ask: Ask): Promise<void> {
  switch (ask) {
    case 'go':
      running = await start(workloads, job);
      process.send?.('started');
      return;
    case 'rest':
      await running?.stop();
      running = undefined;
      process.send?.('resting');
      return;
    case 'usage':
      process.send?.(usage());
      return;
    case 'exposition':
      process.send?.(await exposition());
      return;
    case 'traced':
      process.send?.(trace?.take() ?? []);
      return;
    case 'stop':
      process.exit(0);
  }
}

async function exposition(): Promise<Exposition> {
  const beganMs = performance.now();
  const text = (await running?.metrics?.exposition()) ?? '';
  return { bytes: Buffer.byteLength(text), ms: performance.now() - beganMs };
}

/** The heap is looked at after a collection where the process was started with `--expose-gc`. */
function usage(): Usage {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed };
}

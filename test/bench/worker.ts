import { startBareLoop } from './contestants/bare-loop.ts';
import { startBullmq } from './contestants/bullmq.ts';
import type { Contestant, Job, Start } from './contestants/contestant.ts';
import { startPortcullis } from './contestants/portcullis.ts';
import { workloadOf } from './workloads/index.ts';

const STARTS: Readonly<Record<Contestant, Start>> = {
  portcullis: startPortcullis,
  bullmq: startBullmq,
  bare_loop: startBareLoop,
};

const job = JSON.parse(process.env.BENCH_JOB ?? '') as Job;
process.on('message', (ask: 'go' | 'usage' | 'stop') => void answer(ask));

async function answer(ask: 'go' | 'usage' | 'stop'): Promise<void> {
  switch (ask) {
    case 'go':
      await STARTS[job.contestant](workloadOf(job.gate, job.positions), job);
      process.send?.('started');
      return;
    case 'usage': {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() });
      return;
    }
    case 'stop':
      process.exit(0);
  }
}

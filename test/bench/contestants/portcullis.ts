import { Redis } from 'ioredis';
import { loadHandlers } from '../../../runtime/load-handlers.ts';
import { makeLog } from '../../../runtime/log.ts';
import { portfolioOf } from '../../../runtime/portfolio.ts';
import { startRuntime } from '../../../runtime/runtime.ts';
import { handlersToRun, loadSettings } from '../../../runtime/settings/load.ts';
import type { Start } from './contestant.ts';

/** The product as `GATES=<gate> npm start` runs it, log lines included, without HTTP and without schedules of its own. */
export const startPortcullis: Start = async (workload, job) => {
  const found = await loadHandlers();
  const settings = loadSettings({ PATH: process.env.PATH, ...workload.env, GATES: workload.gate }, found);
  await startRuntime({
    connect: () => new Redis(job.url, { maxRetriesPerRequest: null }),
    portfolios: [portfolioOf('quantum')],
    handlers: handlersToRun([workload.gate], found),
    settings,
    schedules: false,
    log: makeLog(settings.runtime.logLevel, process.stdout),
    workerName: job.name,
  });
};

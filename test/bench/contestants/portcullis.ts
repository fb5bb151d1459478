import { Redis } from 'ioredis';
import { loadHandlers } from '../../../runtime/load-handlers.ts';
import { makeLog } from '../../../runtime/log.ts';
import { startRuntime } from '../../../runtime/runtime.ts';
import { handlersToRun, loadSettings } from '../../../runtime/settings/load.ts';
import type { Start } from './contestant.ts';

/** The product as `GATES=<gate> npm start` runs it, log lines included, without HTTP and without schedules of its own. */
export const startPortcullis: Start = async (workloads, job) => {
  const [{ gate, env }] = workloads;
  const found = await loadHandlers();
  const settings = loadSettings({ PATH: process.env.PATH, ...env, GATES: gate }, found);
  return await startRuntime({
    connect: () => new Redis(job.url, { maxRetriesPerRequest: null }),
    portfolios: workloads.map(({ portfolio }) => portfolio),
    handlers: handlersToRun([gate], found),
    settings,
    schedules: false,
    log: makeLog(settings.runtime.logLevel, process.stdout),
    workerName: job.name,
  });
};

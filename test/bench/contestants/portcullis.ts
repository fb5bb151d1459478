import { Redis } from 'ioredis';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { startRuntime } from '../../../runtime/engine/host/runtime.ts';
import { COMPANIONS } from '../../../runtime/process/companions.ts';
import { handlersToRun, loadSettings } from '../../../runtime/settings/load.ts';
import { makeLog } from '../../../runtime/settings/log.ts';
import type { Start } from './contestant.ts';

/** The product as `GATES=<gates> npm start` runs it, log lines included, without HTTP and without schedules of its own; idle, with all gates and their schedules. */
export const startPortcullis: Start = async (workloads, job) => {
  const [{ gate, env, next }] = workloads;
  const gates = job.idle === true ? [] : next === undefined ? [gate] : [gate, next.gate];
  const found = await loadHandlers();
  const chosen = gates.length > 0 ? { GATES: gates.join(',') } : { METRICS_PORTFOLIOS: '50' };
  const settings = loadSettings({ PATH: process.env.PATH, ...env, ...job.env, ...chosen }, found);
  return await startRuntime({
    connect: () => new Redis(job.url, { maxRetriesPerRequest: null }),
    oneServer: true,
    portfolios: workloads.map(({ portfolio }) => portfolio),
    handlers: handlersToRun(gates, found),
    found,
    settings,
    schedules: job.idle === true,
    companions: job.idle === true ? COMPANIONS : [],
    log: makeLog(settings.runtime.logLevel, process.stdout),
    workerName: job.name,
  });
};

import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { ENGINE_TIMINGS } from '../../runtime/engine/status/timings.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { askingGate, bellGate, clockGate, counterGate, crashGate, echoGate } from './gates.ts';
import { startSystem } from './system.ts';

const CLOCK_MS = 1_000;
const BELL_MS = 500;
const TEST_GATES = {
  clock: () => [clockGate(CLOCK_MS)],
  bell: () => [askingGate(BELL_MS, (n) => n), bellGate()],
  crash: () => [crashGate()],
  counter: () => [counterGate()],
  echo: () => [echoGate()],
};
const SCHEDULED = ['clock', 'bell'];

const { WORKER_REDIS_URL: url = '', WORKER_GATE, WORKER_NAME, WORKER_PORTFOLIOS } = process.env;
const gates = WORKER_GATE === undefined ? undefined : TEST_GATES[WORKER_GATE as keyof typeof TEST_GATES]();
const system = await startSystem(
  { url },
  {
    env: { GATES: process.env.GATES ?? '', ...JSON.parse(process.env.WORKER_SETTINGS ?? '{}') },
    ...(gates !== undefined && { handlers: gates }),
    schedules: SCHEDULED.includes(WORKER_GATE ?? ''),
    timings: { ...ENGINE_TIMINGS, ...JSON.parse(process.env.WORKER_TIMINGS ?? '{}') },
    ...(WORKER_NAME !== undefined && { workerName: WORKER_NAME }),
    ...(WORKER_PORTFOLIOS !== undefined && {
      portfolios: WORKER_PORTFOLIOS.split(',').map((prefix) => portfolioOf(prefix)),
      handlers: gates ?? [...(await loadHandlers()), crashGate()],
      schedules: true,
    }),
  },
);
process.on('warning', (warning) => {
  if (warning.name === 'MaxListenersExceededWarning') throw warning;
});
process.stdout.write('started\n');
process.once('SIGTERM', () => {
  void system.stop().then(() => process.exit(0));
});

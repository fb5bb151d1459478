import { loadHandlers } from '../../runtime/load-handlers.ts';
import { portfolioOf } from '../../runtime/portfolio.ts';
import { clockGate, counterGate, crashGate, echoGate } from './gates.ts';
import { startSystem } from './system.ts';

const CLOCK_MS = 1_000;
const TEST_GATES = { clock: () => clockGate(CLOCK_MS), crash: crashGate, counter: counterGate, echo: echoGate };

const { WORKER_REDIS_URL: url = '', WORKER_GATE, WORKER_NAME, WORKER_PORTFOLIOS } = process.env;
const gate = WORKER_GATE === undefined ? undefined : TEST_GATES[WORKER_GATE as keyof typeof TEST_GATES]();
const system = await startSystem(
  { url },
  {
    env: { GATES: process.env.GATES ?? '', ...JSON.parse(process.env.WORKER_SETTINGS ?? '{}') },
    ...(gate !== undefined && { handlers: [gate] }),
    schedules: WORKER_GATE === 'clock',
    ...(WORKER_NAME !== undefined && { workerName: WORKER_NAME }),
    ...(WORKER_PORTFOLIOS !== undefined && {
      portfolios: WORKER_PORTFOLIOS.split(',').map((prefix) => portfolioOf(prefix)),
      handlers: [...(await loadHandlers()), crashGate()],
      schedules: true,
    }),
  },
);
process.stdout.write('started\n');
process.once('SIGTERM', () => {
  void system.stop().then(() => process.exit(0));
});

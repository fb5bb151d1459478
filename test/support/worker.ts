import { clockGate, counterGate, crashGate, echoGate } from './gates.ts';
import { startSystem } from './system.ts';

const CLOCK_MS = 1_000;
const TEST_GATES = { clock: () => clockGate(CLOCK_MS), crash: crashGate, counter: counterGate, echo: echoGate };

const { WORKER_REDIS_URL: url = '', WORKER_GATE, WORKER_NAME } = process.env;
const gate = WORKER_GATE === undefined ? undefined : TEST_GATES[WORKER_GATE as keyof typeof TEST_GATES]();
const system = await startSystem(
  { url },
  {
    env: { GATES: process.env.GATES ?? '' },
    ...(gate !== undefined && { handlers: [gate] }),
    schedules: WORKER_GATE === 'clock',
    ...(WORKER_NAME !== undefined && { workerName: WORKER_NAME }),
  },
);
process.stdout.write('started\n');
process.once('SIGTERM', () => {
  void system.stop().then(() => process.exit(0));
});

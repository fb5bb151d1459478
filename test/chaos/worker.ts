import { appendFileSync } from 'node:fs';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { crashGate } from '../support/gates.ts';
import { startSystem } from '../support/system.ts';
import { HTTP_TRADER } from './names.ts';

const { CHAOS_REDIS_URL: url = '', CHAOS_LOG: logFile = '', CHAOS_SETTINGS = '{}', CHAOS_HTTP_PORT = '' } = process.env;
const FLUSH_MS = 200;

letClockJump();
const handlers: AnyHandler[] = [...(await loadHandlers()), crashGate()];
const system = await startSystem({ url }, { handlers, env: JSON.parse(CHAOS_SETTINGS), schedules: true });
const keepLog = logKeeper(system.lines);
setInterval(keepLog, FLUSH_MS).unref();
const app = CHAOS_HTTP_PORT === '' ? undefined : await serveAsks(Number(CHAOS_HTTP_PORT));
process.stdout.write('started\n');
process.on('SIGTERM', () => {
  void system
    .stop()
    .then(() => app?.close())
    .then(() => {
      keepLog();
      process.exit(0);
    });
});

/** The HTTP of the process, on this port of the loopback; what it needs is loaded where somebody asks. */
async function serveAsks(port: number) {
  const [{ buildApp }, { httpContext }] = await Promise.all([
    import('../../runtime/doors/http/app.ts'),
    import('../support/http.ts'),
  ]);
  const served = await buildApp(await httpContext(system.runtime, { traderTokens: [HTTP_TRADER] }));
  await served.listen({ host: '127.0.0.1', port });
  return served;
}

/** SIGUSR2 sets this process's clock an hour ahead, then an hour behind, then right again. */
function letClockJump(): void {
  const now = Date.now;
  const shifts = [HOUR_MS, -HOUR_MS, 0];
  let shiftMs = 0;
  Date.now = () => now() + shiftMs;
  process.on('SIGUSR2', () => {
    shiftMs = shifts.shift() ?? 0;
  });
}

function logKeeper(lines: readonly string[]): () => void {
  let kept = 0;
  return () => {
    if (lines.length === kept) return;
    appendFileSync(logFile, lines.slice(kept).join(''));
    kept = lines.length;
  };
}

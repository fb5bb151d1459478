import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { LivenessWatch } from '../engine/status/liveness.ts';
import type { Supervision } from '../settings/runtime-settings.ts';

const run = promisify(execFile);
const TELL_WITHIN_MS = 5_000;

/** What tells systemd of a service's life. */
export interface Supervised {
  /** Says that the service is stopping, and no more signs of life are given. */
  stopping(): Promise<void>;
}

/**
 * Says "ready" to systemd, then gives three signs of life per watchdog period for as long as the process is alive by
 * the judgment of `/healthz`. Does nothing where no systemd waits for it. What cannot be said is a warning: the service
 * goes on, and systemd acts on its silence.
 */
export async function tellSystemd(
  { notified, watchdogMs }: Supervision,
  liveness: Pick<LivenessWatch, 'now'>,
  log: Logger,
): Promise<Supervised> {
  if (!notified) return { stopping: async () => undefined };
  await tell(['--ready', '--status=judging'], log);
  const signOfLife = async () => {
    const { status, problems } = liveness.now();
    if (status === 'alive') return await tell(['WATCHDOG=1'], log);
    log.error(`no sign of life for systemd: ${problems.map(({ lane, problem }) => `${lane}: ${problem}`).join('; ')}`);
  };
  const timer = watchdogMs > 0 ? setInterval(() => void signOfLife(), watchdogMs / 3) : undefined;
  return {
    stopping: async () => {
      clearInterval(timer);
      await tell(['--status=stopping', 'STOPPING=1'], log);
    },
  };
}

/** Node has no datagram sockets of the file system: systemd's own tool speaks to it. */
async function tell(words: readonly string[], log: Logger): Promise<void> {
  try {
    await run('systemd-notify', words, { timeout: TELL_WITHIN_MS });
  } catch (error) {
    log.warn(`systemd-notify ${words.join(' ')}: ${(error as Error).message.split('\n')[0]}`);
  }
}

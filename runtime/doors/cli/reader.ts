import { type ChildProcess, spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

const STDOUT = 1;
/** How often `tail` looks, in seconds. */
const LOOK_SEC = 0.2;

/**
 * Tells `gone` when nobody reads standard output any more, where that is a pipe and `tail` is GNU's: elsewhere it is
 * noticed as the next line is written. Node cannot ask that of a pipe it only writes to; `tail -f` ends by SIGPIPE
 * when it has nobody to write to. Here it follows nothing, so it writes nothing, ends when this process does, however that ends, and
 * does not keep it.
 */
export function whenUnread(gone: () => void): void {
  if (!isPipe()) return;
  const followed = ['-f', '-s', String(LOOK_SEC), `--pid=${process.pid}`, '/dev/null'];
  const tail: ChildProcess = spawn('tail', followed, { stdio: ['ignore', 'inherit', 'ignore'] });
  const end = () => void tail.kill();
  process.once('exit', end);
  tail.unref();
  tail.on('error', () => process.off('exit', end));
  tail.on('exit', (_code, signal) => {
    process.off('exit', end);
    if (signal === 'SIGPIPE') gone();
  });
}

function isPipe(): boolean {
  try {
    return fstatSync(STDOUT).isFIFO();
  } catch {
    return false;
  }
}

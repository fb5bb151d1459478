import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The first port that a test may take: below those from which a system gives out its own. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;
/** A file for each port that a test process has taken, so that no other looks at it; of one that has died it counts for nothing. */
const CLAIMS = join(tmpdir(), 'portcullis-test-ports');
/** Processes that were started one after the other begin far from each other. */
const STRIDE = 97;

let next = process.pid * STRIDE;

mkdirSync(CLAIMS, { recursive: true });
for (const port of readdirSync(CLAIMS)) isClaimed(join(CLAIMS, port));

/** A loopback port that nobody listens on, and that no test process was or is given while this one lives. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS; tries += 1) {
    const port = FIRST_PORT + (next % PORTS);
    next += 1;
    if (claims(port) && (await isFree(port))) return port;
  }
  throw new Error(`expected a free port from ${FIRST_PORT} on, got none among ${PORTS}`);
}

function claims(port: number): boolean {
  const path = join(CLAIMS, String(port));
  if (isClaimed(path)) return false;
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** Whether a living process has it; the claim of one that has died is taken away. */
function isClaimed(path: string): boolean {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(path, { force: true });
    return false;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

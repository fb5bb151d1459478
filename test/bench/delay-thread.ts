import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** Sleeps are this long at most while something is on its way, so that what is asked meanwhile waits no longer. */
const SLICE_MS = 0.1;

interface Late {
  readonly dueMs: number;
  readonly client: Socket;
  readonly chunk: Buffer;
}

const { redisPort, delayMs } = workerData as { redisPort: number; delayMs: number };
const cell = new Int32Array(new SharedArrayBuffer(4));
const late: Late[] = [];

/**
 * Delivers what is due. A timer of Node is late by up to a millisecond, as long as the delay itself; this thread sleeps
 * for the fraction that is left instead, and looks at its sockets in between.
 */
function deliver(): void {
  const nowMs = performance.now();
  for (let first = late[0]; first !== undefined && first.dueMs <= nowMs; first = late[0]) {
    first.client.write(first.chunk);
    late.shift();
  }
  const [next] = late;
  if (next === undefined) return;
  Atomics.wait(cell, 0, 0, Math.min(SLICE_MS, next.dueMs - nowMs));
  setImmediate(deliver);
}

function later(client: Socket, chunk: Buffer): void {
  late.push({ dueMs: performance.now() + delayMs, client, chunk });
  if (late.length === 1) setImmediate(deliver);
}

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: redisPort, host: '127.0.0.1', noDelay: true });
  client.on('data', (chunk) => upstream.write(chunk));
  upstream.on('data', (chunk) => later(client, chunk));
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));

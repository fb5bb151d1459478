import type { Redis } from 'ioredis';

/**
 * Asks a connection something once it is ready. What ioredis may write before that (`SUBSCRIBE`, `CLIENT`, `TIME`) it
 * forgets when the connection ends before it is ready: the answer would never come, and no error either.
 */
export async function whenReady<T>(connection: Redis, ask: (connection: Redis) => Promise<T>): Promise<T> {
  while (connection.status !== 'ready' && connection.status !== 'end') await readyOrEnded(connection);
  return await ask(connection);
}

/** Errors on the way do not end the wait: the connection is tried again. */
function readyOrEnded(connection: Redis): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      connection.off('ready', settle).off('end', settle);
      resolve();
    };
    connection.on('ready', settle).on('end', settle);
  });
}

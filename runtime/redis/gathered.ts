import type { Redis } from 'ioredis';

type Gathering = Pick<Redis, 'sendCommand' | 'stream'>;

/**
 * Lets a connection write what is sent in one turn of the event loop at once: many commands that start together then
 * cost a system call, and Redis one read. Their order stays.
 */
export function gathered<T extends Gathering>(connection: T): T {
  const send = connection.sendCommand.bind(connection);
  let open: Gathering['stream'] | undefined;
  connection.sendCommand = (...sent: Parameters<Gathering['sendCommand']>) => {
    const { stream } = connection;
    if (stream !== undefined && stream !== open) {
      open = stream;
      stream.cork();
      setImmediate(() => {
        if (open === stream) open = undefined;
        stream.uncork();
      });
    }
    return send(...sent);
  };
  return connection;
}

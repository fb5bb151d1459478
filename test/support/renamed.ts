import type { Redis } from 'ioredis';

type Sent = Parameters<Redis['sendCommand']>;

const DEFAULT = 'quantum:';

/**
 * A connection on which the keys of a portfolio have the names of the default one, in commands and in replies: what is
 * written for `quantum` can then load, and look at, any portfolio. `open` makes the connection it is to be.
 */
export function renamed(connection: Redis, prefix: string): Redis {
  const send = connection.sendCommand.bind(connection);
  const own = `${prefix}:`;
  connection.sendCommand = (...[command, stream]: Sent) => {
    command.args = command.args.map((arg) => replaced(arg, DEFAULT, own)) as typeof command.args;
    const { resolve } = command;
    command.resolve = (reply) => resolve(replaced(reply, own, DEFAULT) as Buffer);
    return send(command, stream);
  };
  return connection;
}

function replaced(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map((one) => replaced(one, from, to));
  if (typeof value === 'string') return value.replaceAll(from, to);
  if (Buffer.isBuffer(value) && value.includes(from)) return Buffer.from(value.toString().replaceAll(from, to));
  return value;
}

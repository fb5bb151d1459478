import { setImmediate as turn } from 'node:timers/promises';
import { Command } from 'ioredis';
import { expect, test } from 'vitest';
import { gathered } from '../../../runtime/redis/gathered.ts';

/** A connection that notes what happens to it. */
function noting() {
  const seen: string[] = [];
  const stream = (name: string) => ({
    cork: () => void seen.push(`cork ${name}`),
    uncork: () => void seen.push(`uncork ${name}`),
  });
  const connection = {
    stream: stream('first'),
    sendCommand: ({ name }: Command) => void seen.push(name),
  };
  const gathering = gathered(connection as never as Parameters<typeof gathered>[0]);
  return { seen, reconnect: () => Object.assign(connection, { stream: stream('second') }), gathering };
}

const commands = ['get', 'set', 'del'].map((name) => new Command(name, ['key']));

test('what is sent in one turn is written together, in order', async () => {
  const { seen, gathering } = noting();
  for (const command of commands) gathering.sendCommand(command);
  expect(seen).toEqual(['cork first', 'get', 'set', 'del']);
  await turn();
  expect(seen.slice(4)).toEqual(['uncork first']);
  gathering.sendCommand(commands[0] as Command);
  await turn();
  expect(seen.slice(5)).toEqual(['cork first', 'get', 'uncork first']);
});

test('a connection that is made again in between keeps nothing back', async () => {
  const { seen, gathering, reconnect } = noting();
  gathering.sendCommand(commands[0] as Command);
  reconnect();
  gathering.sendCommand(commands[1] as Command);
  await turn();
  await turn();
  expect(seen).toEqual(['cork first', 'get', 'cork second', 'set', 'uncork first', 'uncork second']);
  gathering.sendCommand(commands[2] as Command);
  expect(seen.slice(6)).toEqual(['cork second', 'del']);
});

import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { RepairedStream } from '../../runtime/desk/streams/repair.ts';
import type { AclUsers } from './acl-users.ts';
import { runCli } from './cli.ts';
import type { TestRedis } from './redis.ts';
import { entriesOf } from './system.ts';

/** Repairs a stream, or all, by the command line. */
export async function repaired(users: AclUsers, ...stream: string[]): Promise<RepairedStream[]> {
  const change = ['--reason', 'a test', '--actor', 'olga', '--yes', '--json'];
  const { code, out, err } = await runCli(users.urlOf('portcullis'), ['streams', 'repair', ...stream, ...change]);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as RepairedStream[];
}

/** Sends a plan as a strategy does. */
export async function sendPlan(
  users: AclUsers,
  planId: string,
  fields: Readonly<Record<string, string>>,
  entryId: string,
): Promise<void> {
  const all = { plan_id: planId, symbol: 'ETHUSDT', decision: 'EXECUTE', qty: '1', ...fields };
  await users.as('strategy').xadd('quantum:stream:apply.plan', entryId, ...Object.entries(all).flat());
}

/** The verdicts on a plan in the decision log. */
export async function verdictsOn(redis: TestRedis, planId: string): Promise<string[]> {
  const all = await entriesOf(redis.client, 'quantum:stream:decisions');
  return all.filter(({ fields }) => fields.plan_id === planId).map(({ fields }) => fields.verdict ?? '');
}

/** The first values of all that a group has pending or was not given yet, in order. */
export async function leftFor(client: Redis, stream: string, group: string): Promise<string> {
  const all: string[] = [];
  for (const from of ['0', '>']) {
    const reply = await client.xreadgroup('GROUP', group, 'c1', 'COUNT', 100, 'STREAMS', stream, from);
    const [own] = (reply ?? []) as [string, [string, string[]][]][];
    all.push(...(own?.[1] ?? []).map(([, flat]) => flat[1] ?? ''));
  }
  return all.join(' ');
}

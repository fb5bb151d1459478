import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readiness } from '../../runtime/doors/http/health.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { everyStream } from '../../runtime/engine/streams/named.ts';
import { withoutUnusedFeeds } from '../../runtime/settings/load.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { type AclUsers, setAclUsers } from '../support/acl-users.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { metricOf, startSystem, type TestSystem } from '../support/system.ts';

const HIGHEST = '18446744073709551615-18446744073709551615';
const handlers = withoutUnusedFeeds({}, await loadHandlers());
const streams = everyStream(handlers, lanesOf(handlers, portfolioOf('quantum')), portfolioOf('quantum'));
const PRODUCERS = new Map([
  ['harvest.proposal', 'strategy'],
  ['apply.plan', 'strategy'],
  ['apply.result', 'executor'],
  ['position.snapshot', 'feed'],
]);

let redis: TestRedis;
let users: AclUsers;
let system: TestSystem;

beforeAll(async () => {
  redis = await startRedis();
  users = await setAclUsers(redis);
  system = await startSystem({ url: users.urlOf('portcullis') });
});

afterAll(async () => {
  await system.stop();
  users.close();
  await redis.stop();
});

async function aheadOf(stream: string): Promise<number> {
  return await metricOf(system, `portcullis_stream_ahead_seconds{stream="${stream}"}`);
}

describe('a stream ahead of the clock', () => {
  it('is none of those of a healthy system, and each has its series', async () => {
    const text = await until('the gauges', async () => {
      const all = await system.runtime.metrics.exposition();
      return all.includes('portcullis_stream_ahead_seconds{') ? all : undefined;
    });
    const series = text.split('\n').filter((line) => line.startsWith('portcullis_stream_ahead_seconds{'));
    expect(series.length).toBe(streams.length);
    expect(series.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    expect(readiness({ redisUp: true, lanes: [], streams: system.runtime.streamProblems() }).status).toBe('ready');
  });

  it('is seen on each of them, whoever put it there', async () => {
    const nowMs = Number((await redis.client.time())[0]) * 1000;
    for (const { name, key } of streams) {
      const producer = PRODUCERS.get(name);
      const client = producer === undefined ? redis.client : users.as(producer);
      await client.xadd(key, producer === undefined ? `${nowMs + 3_600_000}-0` : HIGHEST, 'plan_id', 'z');
    }
    const unseen = async () => {
      const ahead = await Promise.all(streams.map(async ({ name }) => [name, await aheadOf(name)] as const));
      return ahead.flatMap(([name, seconds]) => (seconds > 3_000 ? [] : [name]));
    };
    await until('every gauge', async () => (await unseen()).length === 0);
    const { problems, status } = readiness({ redisUp: true, lanes: [], streams: system.runtime.streamProblems() });
    expect(status).toBe('not_ready');
    expect(problems.map(({ lane }) => lane)).toEqual(streams.map(({ name }) => `quantum/${name}`));
  });

  it('is told by doctor and status, with the command that mends it', async () => {
    const doctor = await runCli(users.urlOf('portcullis'), ['doctor', '--json']);
    const said = JSON.parse(doctor.out) as { check: string; verdict: string; found: string; todo: string }[];
    expect(doctor.code).toBe(1);
    for (const { name } of streams) {
      expect(said.find(({ check, verdict }) => check === `stream ${name}` && verdict === 'broken')?.todo).toBe(
        `portcullis streams repair ${name} --reason …`,
      );
    }
    expect(said.find(({ check, verdict }) => check === 'stream apply.plan' && verdict === 'broken')?.found).toBe(
      'its last id is the highest there is: Redis takes no more entries',
    );
    const { out } = await runCli(users.urlOf('portcullis'), ['status']);
    expect(out).toContain('STREAM apply.plan: its last id is the highest there is');
    expect(out).toContain("STREAM decisions: its last id is 60 min ahead of Redis's clock");
  });
});

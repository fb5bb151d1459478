import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { luaText } from '../../runtime/redis/lua.ts';
import { Crew } from './crew.ts';
import type { Options } from './options.ts';
import { type Pinning, pinned, pinningOf } from './pinned.ts';
import type { Say } from './progress.ts';
import { backlogOf, measureRound, type Round } from './round.ts';
import { SLOW_US } from './script-times.ts';
import type { BenchServer } from './server.ts';
import { percentile, type Spread, spreadOf } from './statistics.ts';
import type { GateName } from './workloads/workload.ts';

/** `SLOWLOG` sees a commit from here on, microseconds; the commands inside of one hardly ever take as long. */
const SEEN_US = 50;
const KEPT = 100_000;
const SHA1 = createHash('sha1')
  .update(luaText(new URL('../../runtime/engine/commit/commit.lua', import.meta.url)))
  .digest('hex');

/** How long the commits of a gate held Redis, microseconds: spreads over the rounds. */
export interface CommitRow {
  readonly gate: GateName;
  /** The processor that Redis had for itself; null where the machine has no two, or no `taskset`. */
  readonly pinned_to: number | null;
  readonly commits: number;
  readonly messages_each: Spread;
  readonly p50_us: Spread;
  readonly p99_us: Spread;
  readonly longest_us: number;
  /** `INFO latencystats`: commits and reads of facts alike. */
  readonly scripts_p99_us: Spread;
  /** `used_cpu_*` of Redis for a commit: with what its messages cost besides, and the bench's own questions. */
  readonly cpu_us: Spread;
}

/** Works off backlogs of each gate with Redis on a processor of its own, and looks at how long its commits took. */
export async function measureCommits(
  server: BenchServer,
  options: Pick<Options, 'gates' | 'positions' | 'rounds' | 'seconds' | 'quick'>,
  say: Say,
): Promise<CommitRow[]> {
  const pinning = pinningOf();
  const work = () => commitsOfAll(server, options, pinning, say);
  return pinning === undefined ? await work() : await pinned(server.pid, pinning, work);
}

async function commitsOfAll(
  server: BenchServer,
  { gates, positions, rounds, seconds, quick }: Pick<Options, 'gates' | 'positions' | 'rounds' | 'seconds' | 'quick'>,
  pinning: Pinning | undefined,
  say: Say,
): Promise<CommitRow[]> {
  const rows: CommitRow[] = [];
  for (const gate of gates) {
    const crew = await Crew.start({ contestant: 'portcullis', gate, positions, url: server.url });
    const [{ units, warmUp }] = crew.workloads;
    const variant = { label: gate, crew: crew.spec };
    try {
      let last = await measureRound(server, crew, variant, Math.ceil(warmUp * (quick ? 0.5 : 1)));
      const measured: Measured[] = [];
      await server.redis.config('SET', 'slowlog-log-slower-than', SEEN_US, 'slowlog-max-len', KEPT);
      for (let round = 1; round <= rounds; round += 1) {
        const count = Math.max(1, Math.ceil((last.perSecond * seconds) / units));
        last = await measureRound(server, crew, variant, count);
        const one = { round: last, usOf: await commitTimes(server.redis), messages: backlogOf(count) };
        measured.push(one);
        say(`${gate}: p99 ${Math.round(percentile(one.usOf, 99))} µs`, round, rounds);
      }
      rows.push(rowOf(gate, pinning, measured, units));
    } finally {
      await server.redis.config('SET', 'slowlog-log-slower-than', SLOW_US);
      await crew.stop();
    }
  }
  return rows;
}

interface Measured {
  readonly round: Round;
  readonly usOf: readonly number[];
  readonly messages: number;
}

/** How long each commit since `forgetScriptTimes` took, microseconds, sorted. */
async function commitTimes(redis: Redis): Promise<number[]> {
  const seen = (await redis.slowlog('GET', -1)) as [id: number, at: number, us: number, args: string[]][];
  const commits = seen.filter(([, , , [name = '', sha1]]) => /^evalsha$/i.test(name) && sha1 === SHA1);
  if (commits.length === 0) throw new Error('commits: expected SLOWLOG to have seen commits, got none');
  return commits.map(([, , us]) => us).sort((a, b) => a - b);
}

function rowOf(gate: GateName, pinning: Pinning | undefined, measured: readonly Measured[], units: number): CommitRow {
  const spread = (of: (one: Measured) => number) => spreadOf(measured.map(of));
  const each = ({ messages, usOf }: Measured) => messages / usOf.length;
  return {
    gate,
    pinned_to: pinning?.redis ?? null,
    commits: measured.reduce((sum, { usOf }) => sum + usOf.length, 0),
    messages_each: spread(each),
    p50_us: spread(({ usOf }) => percentile(usOf, 50)),
    p99_us: spread(({ usOf }) => percentile(usOf, 99)),
    longest_us: Math.max(...measured.map(({ usOf }) => usOf.at(-1) ?? Number.NaN)),
    scripts_p99_us: spread(({ round }) => round.scripts?.p99_us ?? Number.NaN),
    cpu_us: spread((one) => one.round.redisUs * units * each(one)),
  };
}

import type { Redis } from 'ioredis';
import { percentile } from './statistics.ts';

/** A script that holds Redis longer than this is more than the design allows. */
const LONGEST_ALLOWED_US = 2000;
/** From here on `SLOWLOG` has them, microseconds. */
export const SLOW_US = 1000;

/** How long the scripts of one round held Redis, in microseconds of the server's clock: commits and reads alike. */
export interface ScriptTimes {
  readonly calls: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly longest_us: number;
  /** Of how many `SLOWLOG` says that they took longer than 2 ms. */
  readonly over_2ms: number;
}

/** What the server has to be started with: the longest time is percentile 100. */
export const SCRIPT_TIME_ARGS: readonly string[] = [
  ...['--slowlog-log-slower-than', String(SLOW_US), '--slowlog-max-len', '10000'],
  ...['--latency-tracking-info-percentiles', '50', '99', '99.9', '100'],
];

/** Forgets what came before. */
export async function forgetScriptTimes(redis: Redis): Promise<void> {
  await redis.config('RESETSTAT');
  await redis.slowlog('RESET');
}

/** The script times since `forgetScriptTimes`; undefined where no script ran. */
export async function scriptTimes(redis: Redis): Promise<ScriptTimes | undefined> {
  const [latency, commands] = [await redis.info('latencystats'), await redis.info('commandstats')];
  const calls = /^cmdstat_evalsha:calls=(\d+)/m.exec(commands)?.[1];
  if (calls === undefined) return undefined;
  const slow = (await redis.slowlog('GET', -1)) as [id: number, at: number, us: number, args: string[]][];
  const scripts = slow.filter(([, , us, [name = '']]) => us > LONGEST_ALLOWED_US && /^evalsha$/i.test(name));
  return { calls: Number(calls), ...percentilesOf(latency), over_2ms: scripts.length };
}

/** The times of a line such as `latency_percentiles_usec_evalsha:p50=181.2,p99=643.1,p99.9=712.7,p100=905.2`. */
export function percentilesOf(info: string): Pick<ScriptTimes, 'p50_us' | 'p99_us' | 'p999_us' | 'longest_us'> {
  const line = /^latency_percentiles_usec_evalsha:(.*)$/m.exec(info)?.[1]?.trim() ?? '';
  const figures = new Map(line.split(',').map((part) => part.split('=') as [string, string]));
  const at = (name: string) => Number(figures.get(name) ?? Number.NaN);
  return { p50_us: at('p50'), p99_us: at('p99'), p999_us: at('p99.9'), longest_us: at('p100') };
}

/** Several rounds as one: the median of each percentile, and the longest of all. */
export function together(rounds: readonly ScriptTimes[]): ScriptTimes | undefined {
  if (rounds.length === 0) return undefined;
  const of = (name: keyof ScriptTimes) => rounds.map((round) => round[name]).sort((a, b) => a - b);
  const sum = (name: keyof ScriptTimes) => of(name).reduce((total, value) => total + value, 0);
  return {
    calls: sum('calls'),
    p50_us: percentile(of('p50_us'), 50),
    p99_us: percentile(of('p99_us'), 50),
    p999_us: percentile(of('p999_us'), 50),
    longest_us: Math.max(...of('longest_us')),
    over_2ms: sum('over_2ms'),
  };
}

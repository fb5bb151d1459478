import type { Redis } from 'ioredis';
import { FUTURE_TOLERANCE_MS } from '../../../schemas/time.ts';
import { mayEvict } from '../../redis/eviction.ts';
import { broken, type Finding, ok, warn } from './findings.ts';

const OLDEST = 7;
const NOTABLE_CLOCK_MS = 1_000;

/** What of the server itself must be so, or had better be so. */
export async function redisFindings(redis: Redis): Promise<Finding[]> {
  const info = infoFields(await redis.info());
  return [
    versionFinding(info.get('redis_version') ?? ''),
    evictionFinding(info.get('maxmemory_policy') ?? '', Number(info.get('maxmemory') ?? 0)),
    memoryFinding(Number(info.get('used_memory') ?? 0), Number(info.get('maxmemory') ?? 0)),
    persistenceFinding(info.get('aof_enabled') ?? '', info.get('aof_last_write_status') ?? 'ok'),
    await clockFinding(redis),
  ];
}

/** Redis 7.0 is the floor. */
export function versionFinding(version: string): Finding {
  if (Number.parseInt(version, 10) >= OLDEST) return ok('redis version', version);
  return broken('redis version', `${version || 'unknown'}, older than 7.0`, 'Point REDIS_URL at Redis 7.0 or newer.');
}

/** A server that evicts keys forgets permits, reservations and modes. `maxMemory` in bytes; 0 is no limit. */
export function evictionFinding(policy: string, maxMemory: number): Finding {
  if (policy === 'noeviction') return ok('redis maxmemory-policy', policy);
  const todo = 'redis-cli CONFIG SET maxmemory-policy noeviction (and in redis.conf).';
  const name = policy || 'unknown';
  return mayEvict({ maxMemory, policy })
    ? broken('redis maxmemory-policy', `${name}: Redis may drop the kill switch and permits; every lane is held`, todo)
    : warn('redis maxmemory-policy', `${name}, harmless only while maxmemory is 0`, todo);
}

/** Memory in use against its limit, both in bytes; a full server refuses commits. */
export function memoryFinding(used: number, limit: number): Finding {
  const text = `${Math.round(used / 1_048_576)} MiB used${limit === 0 ? ', no limit' : ` of ${Math.round(limit / 1_048_576)} MiB`}`;
  if (limit === 0 || used < limit * 0.9) return ok('redis memory', text);
  return warn('redis memory', text, 'Raise maxmemory, or lower STREAM_MAX_LEN and STREAM_MAX_AGE_DAYS.');
}

/** Without an append-only file a restart of Redis forgets which permits were given. */
export function persistenceFinding(aofEnabled: string, lastWrite: string): Finding {
  if (lastWrite !== 'ok') {
    return broken(
      'redis appendonly',
      `the last write of the append-only file failed: ${lastWrite}`,
      'Look at the disk.',
    );
  }
  if (aofEnabled === '1') return ok('redis appendonly', 'on');
  const todo = 'redis-cli CONFIG SET appendonly yes (and in redis.conf).';
  return warn('redis appendonly', 'off: a restart of Redis forgets permits, positions and modes', todo);
}

/** Judges the difference between two clocks, Redis's minus this machine's, in ms: times over 5 s ahead are stale (contract §0). */
export function clockDifferenceFinding(differenceMs: number): Finding {
  const away = Math.abs(differenceMs);
  const text = `${Math.round(away)} ms ${differenceMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  const todo = 'Synchronise the clocks (chrony, systemd-timesyncd): ages are judged by the clock of Redis.';
  if (away <= NOTABLE_CLOCK_MS) return ok('redis clock', text);
  return away > FUTURE_TOLERANCE_MS ? broken('redis clock', text, todo) : warn('redis clock', text, todo);
}

async function clockFinding(redis: Redis): Promise<Finding> {
  const beforeMs = Date.now();
  const [seconds, micros] = await redis.time();
  const middleMs = (beforeMs + Date.now()) / 2;
  return clockDifferenceFinding(Number(seconds) * 1000 + Number(micros) / 1000 - middleMs);
}

function infoFields(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

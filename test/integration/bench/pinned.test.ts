import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cpusIn, pinned, pinningOf } from '../../bench/pinned.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const pinning = pinningOf();
let server: TestRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server.stop();
});

function cpusOf(pid: number): number[] {
  return cpusIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '');
}

it.skipIf(pinning === undefined)(
  'Redis has a processor for itself while the work runs, whatever becomes of it',
  async () => {
    if (pinning === undefined) return;
    const pid = server.process.pid ?? Number.NaN;
    const all = [pinning.redis, ...pinning.others];
    const work = async () => {
      expect(cpusOf(pid)).toEqual([pinning.redis]);
      expect(cpusOf(process.pid)).toEqual(pinning.others);
      throw new Error('the work fails');
    };
    await expect(pinned(pid, pinning, work)).rejects.toThrow('the work fails');
    expect(cpusOf(pid)).toEqual(all);
    expect(cpusOf(process.pid)).toEqual(all);
  },
);

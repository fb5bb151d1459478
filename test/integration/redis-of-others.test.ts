import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type OpenRedis, openRedis } from '../../runtime/redis/embedded/index.ts';
import { loadSettings } from '../../runtime/settings/load.ts';
import { freePort } from '../support/ports.ts';
import { startRedis } from '../support/redis.ts';

async function open(url: string): Promise<OpenRedis> {
  return await openRedis(loadSettings({ REDIS_URL: url }, []).runtime.redis, () => undefined);
}

describe('a Redis of someone else', () => {
  it('is used and never stopped', async () => {
    const server = await startRedis();
    const redis = await open(server.url);
    expect(redis).toMatchObject({ address: { url: server.url }, embedded: false });
    await redis.stop();
    expect(await server.client.ping()).toBe('PONG');
    await server.stop();
  });

  it('that is down is an error that names it without its password', async () => {
    const port = await freePort();
    const failure = await open(`redis://user:secret@127.0.0.1:${port}`).catch((e) => e);
    expect(failure).toMatchObject({ name: 'RedisProblem', exitCode: 69 });
    expect(failure.message).toContain(`expected a Redis at redis://***@127.0.0.1:${port}, got connect ECONNREFUSED`);
    expect(failure.message).not.toContain('secret');
  });

  it('without the database that is asked for is refused, and database 0 not taken for it', async () => {
    const server = await startRedis();
    await open(`${server.url}/15`);
    const refused = open(`${server.url}/99`);
    await expect(refused).rejects.toThrow('got ERR DB index is out of range');
    await server.stop();
  });

  it('behind Sentinels that are none, or are not there, is an error', async () => {
    const server = await startRedis();
    for (const port of [server.port, await freePort()]) {
      const failed = open(`redis+sentinel://127.0.0.1:${port}/main`);
      await expect(failed).rejects.toThrow(`expected a Redis at redis+sentinel://127.0.0.1:${port}/main, got All sent`);
    }
    await server.stop();
  });

  it('whose port belongs to another program is said to be none', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const failed = open(`redis://127.0.0.1:${port}`);
    await expect(failed).rejects.toThrow(`at redis://127.0.0.1:${port}, got an answer that is none of a Redis. Start`);
    other.close();
  });
});

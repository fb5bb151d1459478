import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import { prepareConsole } from '../../runtime/process/demo-console.ts';
import { openRedis } from '../../runtime/redis/embedded/index.ts';
import { loadSettings } from '../../runtime/settings/load.ts';
import { Overview } from '../../schemas/api/overview.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const PROPOSAL = { plan_id: 'mine', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
const SILENT = { write: () => true };

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const demo = () => runDemo({ json: true, hours: 30, redisUrl: redis.url, out: SILENT, err: SILENT });

describe('the console over the month', () => {
  const asked = async (port: number, signal: AbortSignal) => {
    const said: string[] = [];
    const opened = await openRedis(loadSettings({ REDIS_URL: redis.url }, []).runtime.redis, () => undefined);
    const console = await prepareConsole({ REDIS_URL: redis.url, HTTP_PORT: String(port), ADMIN_TOKEN: 'a-token' });
    const ended = console.serveUntil(signal, opened, { isTTY: true, write: (text: string) => said.push(text) });
    return { said, ended };
  };
  const overviewOf = async (port: number) => {
    const headers = { authorization: 'Bearer a-token' };
    const answer = await until('an answer, once the process is not busy', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/overview`, { headers });
      return response.status === 503 ? undefined : response;
    });
    return Overview.parse(await answer.json());
  };

  it('shows it as it ended, judges what comes, and keeps it until it is told to end', async () => {
    expect(await demo()).toBe(0);
    const controller = new AbortController();
    const port = await freePort();
    const { said, ended } = await asked(port, controller.signal);
    await until('the link to be printed', () => said.join('').includes(`http://127.0.0.1:${port}/console/enter?link=`));
    expect(await overviewOf(port)).toMatchObject({ portfolio: 'demo', at: 1_619_935_200, problems: [] });
    await redis.client.xadd('demo:stream:harvest.proposal', '*', ...Object.entries(PROPOSAL).flat());
    await until('the exit to be judged', async () => {
      const [newest] = await redis.client.xrevrange('demo:stream:harvest.calibrated', '+', '-', 'COUNT', 1);
      return newest !== undefined && fieldsOf(newest[1]).plan_id === 'mine';
    });
    await expect(demo()).rejects.toThrow('expected no other demo on this Redis');
    controller.abort();
    await ended;
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    expect(await redis.client.exists('demo:portcullis:demo_turn')).toBe(0);
  });

  it('is refused before anything is played where its port is taken, or there is none', async () => {
    await expect(prepareConsole({ HTTP_PORT: '0' })).rejects.toThrow('HTTP_PORT: expected a port');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    await expect(prepareConsole({ HTTP_PORT: String(port) })).rejects.toThrow(
      `HTTP_PORT=${port}: expected a free port`,
    );
    taken.close();
  });
});

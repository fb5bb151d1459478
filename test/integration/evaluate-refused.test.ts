import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());

test.each([
  ['broken', 'line 2: expected a JSON object of fields, got "broken"\n'],
  ['{"entry":{"symbol":"A"},"state":{"heat":"high"}}', 'line 2: state.heat: expected number, received string\n'],
])('a file is refused at its line %s', async (line, said) => {
  const { code, err } = await runCli(redis.url, ['evaluate', '--file', '-'], {
    input: `{"symbol":"A","action":"FULL_CLOSE"}\n${line}\n`,
  });
  expect({ code, err }).toEqual({ code: 2, err: `portcullis: ${said}` });
});

test.each([
  [['evaluate'], 'expected fields as name=value'],
  [['evaluate', 'symbol'], 'expected name=value, got "symbol"'],
  [['evaluate', 'symbol=A B', 'action=OPEN'], 'symbol: expected 1 to 128 bytes'],
  [['evaluate', 'symbol=A', 'action=OPEN', '--state', 'hotness=1'], '--state: expected some of equity_usd, heat'],
  [
    ['evaluate', 'symbol=A', 'action=OPEN', '--state', 'mode=live'],
    'mode: expected testnet, production, dry_run, got "live"',
  ],
  [
    ['evaluate', 'symbol=A', 'action=OPEN', '--state', 'heat=NaN'],
    'got "heat=NaN" (heat: expected number, received string)\n',
  ],
  [
    ['evaluate', 'symbol=A', 'action=OPEN', '--state', '{"heat":'],
    '--state: expected JSON or name=value,name=value, got ',
  ],
  [['evaluate', '--file', '/none.jsonl'], 'portcullis: --file /none.jsonl: no such file or directory\n'],
  [['evaluate', '--file', '/'], 'portcullis: --file /: illegal operation on a directory\n'],
])('%j is refused', async (argv, said) => {
  const { code, err } = await runCli(redis.url, argv);
  expect(code).toBe(2);
  expect(err).toContain(said);
});

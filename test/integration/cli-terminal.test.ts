import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toned, untoned } from '../../runtime/doors/cli/style.ts';
import { runCli } from '../support/cli.ts';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { onTerminal, openTerminal } from '../support/terminal.ts';

const ESCAPE = '\u001b';
const LONG = 'x'.repeat(10_000);
const WORDS = 'the venue answers nothing but errors since the morning and nobody there picks up the phone '.repeat(5);
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
  await troubled();
});

/** A portfolio on which everything that `status` can say is to be said, with texts of others that are very long. */
async function troubled(): Promise<void> {
  await runCli(redis.url, ['mode', 'heat-gate', 'enforce', '--reason', WORDS.trim().slice(0, 490), '--yes']);
  await runCli(redis.url, ['disarm', '--reason', WORDS.trim().slice(0, 490)]);
  await runCli(redis.url, ['kill', 'on']);
  const { client } = redis;
  await client.hset('quantum:state:heat', { heat: '0.8825', bucket: 'HOT', reason: 'portfolio_heat_hot' });
  const feed = { state: 'failing', since_ms: '1', error: WORDS, source: 'binance', worker: 'one' };
  await client.hset('quantum:feed:status:account', feed);
  await client.hset('quantum:policy:governor', 'mode', 'prod');
  await runCli(redis.url, ['mode', 'risk-governor', 'shadow', '--reason', 'calm']);
  await client.hset('quantum:policy:risk-governor', 'mode', 'enforce');
  const blocked = ['handler', 'governor', 'verdict', 'BLOCK', 'symbol', LONG, 'reason', WORDS];
  await client.xadd('quantum:stream:decisions', '*', ...blocked, 'plan_id', 'p1');
}

describe('status on a terminal of 100 columns', () => {
  test('has no longer line, and says everything that is wrong', async () => {
    const { out } = await runCli(redis.url, ['status'], { columns: 100 });
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
    for (const said of [
      'ON: nothing',
      'DISARMED',
      '0.8825 HOT',
      'failing',
      'NOT IN FORCE',
      'BLOCK',
      'No worker serves',
    ])
      expect(out).toContain(said);
  });

  test('goes on below the words of a label, and in the last column of a table', async () => {
    const { out } = await runCli(redis.url, ['status'], { columns: 100 });
    expect(out).toMatch(/^Trading state {2}ACTIVE, DISARMED: .*\n {15}\S.*\n {15}\S/m);
    expect(out).toMatch(/^account +failing .*\n {40,}\S/m);
  });

  test.each([60, 79, 80])(
    'is no wider on one of %d, but for tables that take more and for long words',
    async (columns) => {
      const { out } = await runCli(redis.url, ['status'], { columns });
      const words = out.split('\n').filter((line) => /^(?:Trading|OPEN|Heat|NOT IN| {15}\S)/.test(line));
      for (const line of words) expect(line.length, line).toBeLessThanOrEqual(columns);
    },
  );

  test('in a pipe has a line for each thing', async () => {
    const { out } = await runCli(redis.url, ['status']);
    expect(out).toMatch(/^Trading state .*disarm|^Trading state .*DISARMED.*UTC\)$/m);
    expect(out).toMatch(new RegExp(`^account +failing .*${WORDS.slice(0, 150)}`, 'm'));
  });
});

test.each([['status'], ['tail', '--last', '1'], ['explain', 'p1'], ['positions', 'list'], ['doctor'], ['dlq', 'list']])(
  '%s %s cuts a text of 10 kB; --json has all of it where it is told',
  async (...argv) => {
    const ended = new AbortController();
    const onOut = (text: string) => text.includes('BLOCK') && ended.abort();
    const { out } = await runCli(redis.url, argv, { ended: ended.signal, onOut, environment: { HTTP_PORT: '0' } });
    expect(out.split('\n').every((line) => line.length < 1_000)).toBe(true);
    if (argv[0] !== 'status') return;
    expect((await runCli(redis.url, ['status', '--json'])).out).toContain(LONG);
  },
);

describe('colour', () => {
  const status = (colour?: boolean) => runCli(redis.url, ['status'], { columns: 100, ...(colour && { colour }) });

  test('changes no word and no width of status, doctor, tail and explain', async () => {
    const [plain, coloured] = [await status(), await status(true)];
    const moment = /\d{2}:\d{2}:\d{2}|\d+ (?:m?s|min)\b/g;
    expect(untoned(coloured.out).replace(moment, '')).toBe(plain.out.replace(moment, ''));
    for (const word of ['DISARMED', 'ON: nothing', '0.8825 HOT', 'BLOCK', 'failing'])
      expect(coloured.out).toMatch(new RegExp(`${ESCAPE}\\[31m${word}`));
    const doctor = await runCli(redis.url, ['doctor'], { colour: true, environment: { HTTP_PORT: '0' } });
    expect(doctor.out).toContain(toned('bad', 'broken'));
    const explained = await runCli(redis.url, ['explain', 'p1'], { colour: true });
    expect(explained.out).toContain(toned('bad', 'Governor (): BLOCK'));
  });

  test.each([
    { env: {}, shows: true },
    { env: { NO_COLOR: '1' }, shows: false },
    { env: { TERM: 'dumb' }, shows: false },
    { env: { FORCE_COLOR: '0' }, shows: false },
    { env: { TERM: 'dumb', FORCE_COLOR: '1' }, shows: true },
  ])('on a terminal with $env: $shows', async ({ env, shows }) => {
    const node = `'${process.execPath}' '${PROGRAM}'`;
    const { code, text } = await onTerminal(`${node} status; ${node} kill maybe`, 100, {
      REDIS_URL: redis.url,
      ...env,
    });
    expect(code).toBe(2);
    expect(text.includes(`${ESCAPE}[`)).toBe(shows);
    expect(text.includes(toned('bad', 'error:'))).toBe(shows);
    expect(untoned(text)).toContain('Kill switch    ON: nothing gets a permit\n');
    for (const line of untoned(text).split('\nerror:')[0]?.split('\n') ?? [])
      expect(line.length).toBeLessThanOrEqual(100);
  });

  test('is never in a pipe, nor in JSON, unless FORCE_COLOR asks for it in words', async () => {
    const run = (env: Record<string, string>, ...argv: string[]) =>
      execFileSync(process.execPath, [PROGRAM, ...argv], {
        env: { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', REDIS_URL: redis.url, ...env },
        encoding: 'utf8',
      });
    expect(run({}, 'status')).not.toContain(ESCAPE);
    expect(run({ FORCE_COLOR: '1' }, 'status', '--json')).not.toContain(ESCAPE);
    expect(run({ FORCE_COLOR: '1' }, 'status')).toContain(`${ESCAPE}[`);
  });
});

describe('start', () => {
  const ports = [
    'HTTP_PORT',
    'P26_METRICS_PORT',
    'P27_METRICS_PORT',
    'P27_HEALTH_PORT',
    'P28_PORT',
    'GOV_METRICS_PORT',
  ];
  const settings = (more: Record<string, string> = {}) => ({
    ...Object.fromEntries(ports.map((name) => [name, '0'])),
    ...{
      REDIS_URL: redis.url,
      ADMIN_TOKEN: 'a-token-of-this-test',
      PORTFOLIOS: 'asia,fund',
      GOV_KILL_ALL: '1',
    },
    ...more,
  });
  const BANNER = 'Portcullis is running.';

  test('on a terminal logs in words, before the banner, behind it and as it stops', async () => {
    const terminal = openTerminal(
      `exec '${process.execPath}' '${PROGRAM}' start`,
      100,
      settings({ LOG_LEVEL: 'DEBUG' }),
    );
    await until(`the end of the banner in ${terminal.text()}`, () =>
      terminal.text().includes('Ctrl-C stops everything.'),
    );
    await redis.client.xadd('asia:stream:apply.plan', '*', 'plan_id', 'p1', 'symbol', 'BTCUSDT', 'qty', 'none');
    await until(`a dead letter in ${terminal.text()}`, () => terminal.text().includes('dead letter'));
    terminal.type('\u0003');
    const { code, text } = await terminal.ended;
    expect(code).toBe(0);
    const [before = '', behind = ''] = text.split(BANNER);
    expect(before).toMatch(/^[\d:.]{12} \[WARN\] GOV_KILL_ALL /m);
    expect(before).toMatch(/^[\d:.]{12} \[INFO\] asia: mode of heat-gate: /m);
    expect(behind).toMatch(/^[\d:.]{12} \[WARN\] asia governor: dead letter /m);
    expect(behind).toMatch(/^[\d:.]{12} \[INFO\] stopped$/m);
    expect(text).not.toMatch(/^\s*[{[]"|"level"/m);
  });

  test('in a pipe logs a JSON object a line, and nothing else on standard output', async () => {
    const env = { PATH: '/usr/bin:/bin', ...settings() };
    const child = spawn(process.execPath, [PROGRAM, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (said.err += String(chunk)));
    const closed = once(child, 'close');
    await until(`the banner in ${said.err}`, () => said.err.includes(BANNER));
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    const lines = said.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ msg }) => msg)).toContain('stopped');
    expect(lines.map(({ portfolio }) => portfolio)).toEqual(expect.arrayContaining(['asia', 'fund']));
    expect(said.err).not.toMatch(/^\s*\{/m);
  });
});

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { type AgentRig, answerOf, SCOUT, startAgentRig } from '../../support/mcp.ts';
import { PROGRAM } from '../../support/program.ts';
import { until } from '../../support/redis.ts';

const DOOR_TOKEN = 'a-token-of-the-door';
const HELLO = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a-test', version: '0' } };

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
let system: AgentRig;

beforeAll(async () => {
  system = await startAgentRig();
});
afterAll(() => system.stop());

function portcullis(env: Readonly<Record<string, string>>, ...argv: string[]) {
  const args = [PROGRAM, 'mcp', ...argv];
  const own = { PATH: '/usr/bin:/bin', MCP_URL: system.url, MCP_TOKEN: SCOUT.token, ...env };
  const child: Child = spawn(process.execPath, args, { env: own, stdio: 'pipe' });
  const said = { out: '', err: '' };
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      said[name] += String(chunk);
    });
  }
  return { child, said, exit: once(child, 'exit') };
}

function lines(...messages: object[]): string {
  return messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
}

const begin = lines({ id: 1, method: 'initialize', params: HELLO }, { method: 'notifications/initialized' });
const call = (id: number, name: string, args: object = {}) =>
  lines({ id, method: 'tools/call', params: { name, arguments: args } });

describe('on standard input and output', () => {
  it('answers what was called before the input closed, says nothing but the protocol, and ends', async () => {
    const { child, said, exit } = portcullis({});
    child.stdin.end(`${begin}${call(2, 'headroom')}no JSON at all\n${call(3, 'nope')}`);
    expect(await exit).toEqual([0, null]);
    const answers = said.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    const byId = new Map(answers.map((answer) => [answer.id, answer.result]));
    expect(byId.get(1)).toMatchObject({ serverInfo: { name: 'portcullis' } });
    expect(answerOf(byId.get(2)).data).toMatchObject({ trading_state: 'ACTIVE' });
    expect(answerOf(byId.get(3))).toMatchObject({ failed: true });
    expect(said.err).toContain('Ctrl-C ends it');
    expect(said.out + said.err).not.toContain(SCOUT.token);
  });

  it('ends at Ctrl-C while a call waits', async () => {
    const { child, said, exit } = portcullis({});
    const order = { symbol: 'BTCUSDT', side: 'BUY', qty: 1, price: 100 };
    child.stdin.write(`${begin}${call(2, 'ask_permit', order)}`);
    await until('the first answer', async () => said.out.includes('"id":1'));
    child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
  });

  it('ends when nobody reads it any more', async () => {
    const { child, said, exit } = portcullis({});
    child.stdin.write(begin);
    await until('the first answer', async () => said.out !== '');
    child.stdout.destroy();
    child.stdin.write(call(2, 'heat'));
    expect((await exit)[1]).toBeNull();
  });
});

describe('what it needs', () => {
  it.each([
    [{ MCP_TOKEN: '' }, [], 'MCP_TOKEN: expected the token of this agent'],
    [{ MCP_URL: 'localhost' }, [], 'MCP_URL: expected a URL'],
    [{ MCP_ALLOW_KILL: 'maybe' }, [], 'MCP_ALLOW_KILL'],
    [{}, ['--http', '0'], 'MCP_HTTP_TOKEN: expected at least 16 characters'],
    [{ MCP_HTTP_TOKEN: 'short' }, ['--http', '0'], 'got 5'],
    [{}, ['--http', 'x'], 'expected a whole number'],
  ] as const)('%j %j', async (env, argv, said) => {
    const { code, out, err } = await runCli('redis://127.0.0.1:9', ['mcp', ...argv], {
      environment: { MCP_TOKEN: SCOUT.token, ...env },
    });
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(said)]);
  });
});

describe('over HTTP', () => {
  let door: ReturnType<typeof portcullis>;
  let url = '';

  beforeAll(async () => {
    door = portcullis({ MCP_HTTP_TOKEN: DOOR_TOKEN }, '--http', '0');
    await until('the door to be open', async () => door.said.err.includes('/mcp'));
    [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(door.said.err) ?? [];
  });
  afterAll(async () => {
    door.child.kill('SIGINT');
    expect(await door.exit).toEqual([0, null]);
    expect(door.said.out).toBe('');
  });

  async function client(token = DOOR_TOKEN): Promise<Client> {
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const made = new Client({ name: 'a-test', version: '0' });
    await made.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }) as Transport);
    return made;
  }

  it('answers fifty clients at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const own = await client();
        const answer = answerOf(await own.callTool({ name: 'headroom', arguments: {} }));
        await own.close();
        return answer.data.trading_state;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, () => 'ACTIVE'));
  });

  it('wants its own token, and not that of the agent', async () => {
    await expect(client('another-token-of-16')).rejects.toThrow(/401|MCP_HTTP_TOKEN/);
    await expect(client(SCOUT.token)).rejects.toThrow(/401|MCP_HTTP_TOKEN/);
  });

  function raw(
    headers: Readonly<Record<string, string>>,
    method = 'POST',
    path = '/mcp',
    body = begin.split('\n')[0] ?? '',
  ) {
    return new Promise<number | undefined>((resolve, reject) => {
      const type = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      const sent = request(new URL(path, url), { method, headers: { ...type, ...headers } }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      sent.once('error', reject).end(method === 'POST' ? body : undefined);
    });
  }

  const KEY = { authorization: `Bearer ${DOOR_TOKEN}` };
  it.each([
    ['the token', KEY, 'POST', '/mcp', 200],
    ['no token', {}, 'POST', '/mcp', 401],
    ['a page of another site', { ...KEY, origin: 'https://evil.example' }, 'POST', '/mcp', 403],
    ['a name that points here', { ...KEY, host: 'evil.example' }, 'POST', '/mcp', 421],
    ['another path', KEY, 'POST', '/', 404],
    ['what is no call', KEY, 'GET', '/mcp', 405],
    ['the end of a session that there is not', KEY, 'DELETE', '/mcp', 405],
  ] as const)('%s', async (_what, headers, method, path, status) => {
    expect(await raw(headers, method, path)).toBe(status);
  });

  it('takes no body of a megabyte, and nothing that is no JSON', async () => {
    expect(await raw(KEY, 'POST', '/mcp', `"${'x'.repeat(1_000_000)}"`)).toBe(413);
    expect(await raw(KEY, 'POST', '/mcp', '{')).toBe(400);
  });
});

import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningHttp, startHttp } from '../../../../runtime/doors/http/server.ts';
import { fakeRuntime, httpOptions, WITH_TOKEN } from '../../../support/http.ts';

let http: RunningHttp | undefined;
afterEach(async () => {
  await http?.close();
  http = undefined;
});

async function open(): Promise<readonly string[]> {
  const runtime = fakeRuntime();
  http = await startHttp(runtime, await httpOptions(runtime, { allowedHosts: ['Risk.Example', 'portcullis'] }));
  return http.addresses.map(({ url }) => url);
}

async function ask(url: string, host: string): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host, ...WITH_TOKEN } }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += String(chunk);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asked.on('error', reject).end();
  });
}

describe('the Host of a request', () => {
  it('that is no name of ours is a 421 on every listener, on every path, whatever token comes with it', async () => {
    const urls = await open();
    expect(urls).toHaveLength(6);
    for (const url of urls) {
      for (const path of ['/metrics', '/health', '/healthz', '/nothing', '/console/', '/queues', '/v1/status']) {
        const { status, body } = await ask(url + path, 'evil.example:8040');
        expect([path, status]).toEqual([path, 421]);
        expect(JSON.parse(body).error).toBe('misdirected_request');
      }
    }
    expect((await ask(`${urls[0]}/metrics`, '127.0.0.1')).body).toMatch(/refused_total\{reason="host"\} 42\n/);
  });

  it.each([
    '127.0.0.1:8040',
    '10.1.2.3:8040',
    '[::1]:8040',
    '[2001:db8::1]',
    'localhost',
    'LOCALHOST:8040',
    'localhost.',
    'a.localhost:1',
    'risk.example',
    'RISK.EXAMPLE.:443',
    'portcullis:8040',
  ])('may be %s', async (host) => {
    const [url] = await open();
    expect((await ask(`${url}/metrics`, host)).status).toBe(200);
  });

  it.each([
    'evil.example',
    'risk.example.evil.example',
    'notlocalhost',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@127.0.0.1',
    '127.0.0.1/evil.example',
    '127.0.0.1:x',
    '999.1.1.1',
  ])('may not be %j', async (host) => {
    const [url] = await open();
    expect((await ask(`${url}/metrics`, host)).status).toBe(421);
  });
});

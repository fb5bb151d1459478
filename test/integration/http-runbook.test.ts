import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { fakeRuntime, httpOptions } from '../support/http.ts';
import { prometheusRules } from '../support/metric-names.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let http: RunningHttp;

beforeAll(async () => {
  redis = await startRedis();
  const runtime = fakeRuntime({ redis: redis.client });
  http = await startHttp(runtime, await httpOptions(runtime));
});
afterAll(async () => {
  await http.close();
  await redis.stop();
});

/** The answer where a Prometheus with this external label sends whoever opens a link. */
async function opened(link: string): Promise<{ code: number; text: string }> {
  const main = http.addresses.find(({ role }) => role === 'http')?.url ?? '';
  const response = await fetch(link.replace('{{ $externalLabels.portcullis_url }}', main));
  return { code: response.status, text: await response.text() };
}

test('the link of each alert opens, at its own entry', async () => {
  const links = prometheusRules.flatMap((rule) => ('alert' in rule ? [rule.annotations.runbook_url] : []));
  expect(links.length).toBeGreaterThan(20);
  for (const link of links) {
    const { code, text } = await opened(link);
    expect([link, code, text.includes(`id="${link.split('#')[1]}"`)]).toEqual([link, 200, true]);
  }
});

test('the page has the text as it is, without anything a browser would run', async () => {
  const { text } = await opened('{{ $externalLabels.portcullis_url }}/runbook');
  expect(text).toContain('portcullis kill on');
  expect(text.match(/<(?!\/?(?:!doctype|html|head|meta|title|body|pre|h[123])\b)/g)).toBeNull();
});

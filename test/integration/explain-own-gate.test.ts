import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { explainPlan } from '../../runtime/desk/explain/index.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const handlers = await loadHandlers();

describe("a gate of somebody's own", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const own = {
    ...(handlers[0] as AnyHandler),
    name: 'drawdown-gate',
    gate: 'drawdown-gate',
    on: { kind: 'stream', stream: 'entry.proposal', group: 'drawdown_gate' },
    input: { summary: 'Entries', writers: 'Strategies', readers: '', fields: { plan_id: 'Id of the plan' } },
    reasons: { drawdown_exceeded: 'the drawdown was at or over its limit' },
  } satisfies AnyHandler;
  const about = async (planId: string) =>
    await explainPlan(redis.client, portfolioOf('quantum'), [...handlers, own], planId, { withinMs: 60_000 });

  test('tells what it decided, in its words, and what it was asked', async () => {
    const source = await redis.client.xadd('quantum:stream:entry.proposal', '*', 'plan_id', 'e1', 'symbol', 'BTCUSDT');
    await redis.client.xadd('quantum:stream:entry.proposal', '*', 'plan_id', 'e2', 'symbol', 'BTCUSDT');
    const checks = [{ gate: 'drawdown', value: 12, limit: 10, headroom: -2, verdict: 'refuse' }];
    const said = { verdict: 'DENIED', reason: 'drawdown_exceeded', handler: 'drawdown-gate', plan_id: 'e1' };
    const fields = {
      ...said,
      source_id: source ?? '',
      symbol: 'BTCUSDT',
      mode: 'enforce',
      checks: JSON.stringify(checks),
    };
    await redis.client.xadd('quantum:stream:decisions', '*', ...Object.entries(fields).flat());
    expect(await about('e1')).toMatchObject({
      end: 'decided',
      symbol: 'BTCUSDT',
      summary: 'drawdown-gate: DENIED, the drawdown was at or over its limit.',
      steps: [{ step: 'decision', handler: 'drawdown-gate', words: 'the drawdown was at or over its limit', checks }],
    });
    expect(await about('e2')).toMatchObject({
      end: 'undecided',
      summary: 'Written to entry.proposal, and not judged yet.',
    });
    expect((await about('e3')).end).toBe('unknown');
  });

  test('tells of one among its dead letters', async () => {
    const letter = { plan_id: 'e4', dlq_id: '1-0', dlq_reason: 'symbol: expected text', dlq_ts: '1' };
    await redis.client.xadd('quantum:stream:entry.proposal.dlq', '*', ...Object.entries(letter).flat());
    expect(await about('e4')).toMatchObject({ end: 'dead_letter', steps: [{ stream: 'entry.proposal' }] });
  });
});

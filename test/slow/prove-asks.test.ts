import { expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import type { ProofResult } from '../../runtime/desk/prove/index.ts';
import { Scratch } from '../../runtime/desk/prove/scratch.ts';
import type { CompanionHost } from '../../runtime/engine/host/companion.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runtimeKeys } from '../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import { runCli } from '../support/cli.ts';
import { startProvable } from '../support/provable.ts';
import { startRedis } from '../support/redis.ts';
import type { SystemOptions } from '../support/system.ts';

/** The lines of a section that failed, with the governor as it is or as this makes it. */
async function failedOf(
  [section, lines]: readonly [name: string, lines: number],
  change: (governor: AnyHandler) => AnyHandler,
  companions: SystemOptions['companions'] = [],
): Promise<string[]> {
  const redis = await startRedis();
  const handlers = (await loadHandlers()).map((one) => (one.name === 'governor' ? change(one) : one));
  const system = await startProvable(redis, { handlers, companions });
  try {
    const { out } = await runCli(redis.url, ['prove', '--json', '--only', section]);
    const { checks, keys_left } = JSON.parse(out) as ProofResult;
    expect([keys_left, checks.length]).toEqual([0, lines]);
    return checks.filter(({ verdict }) => verdict !== 'pass').map(({ name }) => name);
  } finally {
    await system.stop();
    await redis.stop();
  }
}

/** Sixteen over Redis, and as many over HTTP. */
const ASKS = ['asks', 32] as const;
const STRATEGIES = ['strategies', 13] as const;

/** Notes the portfolios that it is started on. */
function noting(leavesProofs: boolean, on: string[]) {
  const start = ({ portfolio }: CompanionHost) => {
    on.push(portfolio.prefix);
    return { stop: async () => undefined };
  };
  return { metrics: [], leavesProofs, start };
}

it('a system that answers those who ask is proven to, and what leaves proofs alone does', async () => {
  const [everywhere, real]: [string[], string[]] = [[], []];
  const companions = [noting(false, everywhere), noting(true, real)];
  expect(await failedOf(ASKS, (governor) => governor, companions)).toEqual([]);
  expect(everywhere).toEqual(['quantum', expect.stringMatching(/^quantum:prove-[0-9a-f]{12}$/)]);
  expect(real).toEqual(['quantum']);
});

it('a governor that tells no asker is named', async () => {
  const failed = await failedOf(ASKS, (governor) => ({
    ...governor,
    handle: (message, ctx) => {
      const outcome = governor.handle(message, ctx);
      return { ...outcome, effects: outcome.effects.filter(({ do: kind }) => kind !== 'push') };
    },
  }));
  expect(failed).toContain('an OPEN that asks: permit in its mailbox');
  expect(failed).not.toContain('POST /v1/permits: permit');
  expect(failed).toContain('whoever asks again is told so');
  expect(failed).not.toContain('given back: it is none any more');
});

it('limits of strategies are proven, and a governor that heeds none is named', async () => {
  expect(await failedOf(STRATEGIES, (governor) => governor)).toEqual([]);
  const nameless = (source: Fields) => fieldsOf(Object.entries({ ...source, strategy: '' }).flat());
  const failed = await failedOf(STRATEGIES, (governor) => ({
    ...governor,
    handle: (_message, ctx) => governor.handle(governor.message.parse(nameless(ctx.source)), ctx),
  }));
  expect(failed).toEqual([
    '50.01 dollars more: block',
    'a second symbol: block',
    'a second OPEN: block',
    "what is executed is its strategy's",
  ]);
});

it('the token of a proof asks on its scratch portfolio while that is hosted, and does nothing else', async () => {
  const redis = await startRedis();
  const system = await startProvable(redis);
  try {
    const real = portfolioOf('quantum');
    const scratch = await Scratch.open(redis.client, real, { keep: false });
    const [host] = (await scratch.join(new AbortController().signal)).hosts;
    const { url = '' } = host?.http.find(({ role }) => role === 'http') ?? {};
    const order = { symbol: 'LTCUSDT', side: 'SELL', qty: 1, reduce_only: true, timeout_ms: 10_000 };
    const status = async (path: string, body: object = order, token = scratch.token) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await fetch(`${url}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
    };
    expect(await redis.client.get(real.key(runtimeKeys.proof))).not.toContain(scratch.token);
    expect(await status('/permits')).toBe(200);
    expect(await status('/permits?portfolio=quantum')).toBe(403);
    expect(await status('/permits', order, `${scratch.token}x`)).toBe(401);
    expect(await status('/kill', { state: 'on', reason: 'a test' })).toBe(403);
    const look = { method: 'GET', headers: { authorization: `Bearer ${scratch.token}` } };
    expect((await fetch(`${url}/v1/status`, look)).status).toBe(403);
    expect(await redis.client.xlen('quantum:stream:apply.plan')).toBe(0);
    expect(await scratch.close()).toBe(0);
    expect(await status('/permits')).toBe(401);
  } finally {
    await system.stop();
    await redis.stop();
  }
});

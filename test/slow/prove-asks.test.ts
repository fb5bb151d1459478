import { expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import type { ProofResult } from '../../runtime/desk/prove/index.ts';
import type { CompanionHost } from '../../runtime/engine/host/companion.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { runCli } from '../support/cli.ts';
import { startProvable } from '../support/provable.ts';
import { startRedis } from '../support/redis.ts';
import type { SystemOptions } from '../support/system.ts';

/** The lines of the section that failed, with the governor as it is or as this makes it. */
async function failedOf(
  change: (governor: AnyHandler) => AnyHandler,
  companions: SystemOptions['companions'] = [],
): Promise<string[]> {
  const redis = await startRedis();
  const handlers = (await loadHandlers()).map((one) => (one.name === 'governor' ? change(one) : one));
  const system = await startProvable(redis, { handlers, companions });
  try {
    const { out } = await runCli(redis.url, ['prove', '--json', '--only', 'asks']);
    const { checks, keys_left } = JSON.parse(out) as ProofResult;
    expect([keys_left, checks.length]).toEqual([0, 16]);
    return checks.filter(({ verdict }) => verdict !== 'pass').map(({ name }) => name);
  } finally {
    await system.stop();
    await redis.stop();
  }
}

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
  expect(await failedOf((governor) => governor, companions)).toEqual([]);
  expect(everywhere).toEqual(['quantum', expect.stringMatching(/^quantum:prove-[0-9a-f]{12}$/)]);
  expect(real).toEqual(['quantum']);
});

it('a governor that tells no asker is named', async () => {
  const failed = await failedOf((governor) => ({
    ...governor,
    handle: (message, ctx) => {
      const outcome = governor.handle(message, ctx);
      return { ...outcome, effects: outcome.effects.filter(({ do: kind }) => kind !== 'push') };
    },
  }));
  expect(failed).toContain('an OPEN that asks: permit in its mailbox');
  expect(failed).toContain('whoever asks again is told so');
  expect(failed).not.toContain('given back: it is none any more');
});

import { describe, expect, it } from 'vitest';
import { type Outcome, wholeText } from '../../../handlers/contract/effects.ts';
import governor from '../../../handlers/governor/index.ts';
import { wholeFacts } from '../../../runtime/engine/commit/shared-facts.ts';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';
import { recordOf, rejudged, rulingOf } from '../../support/rejudge.ts';

const SEC = NOW_MS / 1000;

/** A world by what stands out in it, and the plan sent in it. */
const cases: [words: string, mode: string, change: (world: GovernorWorld) => void, plan: Record<string, string>][] = [
  ['a plan that opens', 'testnet', () => undefined, {}],
  ['a plan that opens beside positions and a mark', 'production', busy, { price: '50100', mark_price: '50050' }],
  ['the same once more', 'production', again, {}],
  ['a dry run of one that is too large', 'dry_run', busy, { qty: '1' }],
  ['a plan without a quantity', 'production', busy, { qty: '', notional_usd: '30', side: '' }],
  ['a plan that cannot be evaluated', 'production', (w) => w.hashes.clear(), { qty: 'x', kill_score: 'high' }],
  ['a plan that closes', 'production', busy, { action: 'FULL_CLOSE', side: 'SELL' }],
  ['a plan that closes, halted', 'testnet', halted, { action: 'PARTIAL_50', qty: '' }],
  ['a plan for nothing', 'testnet', busy, { action: 'HOLD' }],
];

function busy(world: GovernorWorld): void {
  const timestamp = String(SEC - 5);
  world.hashes.set(keys.budget('BTCUSDT'), { mode: 'enforce', budget_usd: '120', timestamp });
  world.hashes.delete(keys.portfolioState);
  world.views = {
    book: [
      { symbol: 'BTCUSDT', qty: 0.001, markPrice: 49_000 },
      { symbol: 'ETHUSDT', qty: -2, markPrice: 100 },
    ],
    hashes: { 'state:market': { BTCUSDT: { mark_price: '50000', timestamp } } },
  };
}

function again(world: GovernorWorld): void {
  busy(world);
  world.plan({ ...OPEN_PLAN, plan_id: 'p0' });
}

function halted(world: GovernorWorld): void {
  busy(world);
  world.hashes.set(keys.governorState, { trading_state: 'HALTED', armed: '1' });
}

function outcomeOf(mode: string, change: (world: GovernorWorld) => void, plan: Record<string, string>): Outcome {
  const world = new GovernorWorld();
  world.mode = mode;
  change(world);
  return world.plan({ ...OPEN_PLAN, ...plan });
}

function textOf(outcome: Outcome): string {
  const { decision, effects, counts, log } = outcome;
  const facts = decision === undefined ? '' : wholeText(wholeFacts(decision));
  return JSON.stringify({ decision, facts, effects, counts, log });
}

describe('with none of the limits that are off by default', () => {
  it('permits, blocks, decisions and all else that is written are as before there were any', async () => {
    const texts = cases.map(([words, mode, change, plan]) => `# ${words}\n${textOf(outcomeOf(mode, change, plan))}\n`);
    await expect(texts.join('\n')).toMatchFileSnapshot('../../fixtures/governor/unset-limits.txt');
  });

  it.each(cases)('%s is judged again from the log as it was', (_words, mode, change, plan) => {
    const outcome = outcomeOf(mode, change, plan);
    const record = recordOf('governor', outcome, mode);
    expect(rejudged(governor, record, { settings: {}, mode })).toEqual(rulingOf(outcome));
  });
});

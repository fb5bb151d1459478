import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const page = readFileSync(new URL('../../docs/migrate.md', import.meta.url), 'utf8');
const COUNT = 100;
const HEAT = 0.45;
let redis: TestRedis;
let system: TestSystem;

interface Proposal {
  readonly plan_id: string;
  readonly action: string;
  readonly reason: string;
}

/** Of ten proposals four speak as the live wire does, four plainly, one protects and one is partial. */
const proposals: readonly Proposal[] = Array.from({ length: COUNT }, (_, at) => {
  const plan_id = `p${at + 1}`;
  if (at % 10 === 9) return { plan_id, action: 'PARTIAL_50', reason: 'tp_hit' };
  if (at % 10 === 8) return { plan_id, action: 'FULL_CLOSE', reason: 'stop_loss' };
  return { plan_id, action: at % 2 === 0 ? 'FULL_CLOSE_PROPOSED' : 'FULL_CLOSE', reason: 'tp_hit' };
});

beforeAll(async () => {
  redis = await startRedis();
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '1000' });
  const snapshot = { symbol: 'ETHUSDT', position_notional_usd: '1500', sigma: '0.3' };
  await redis.client.xadd('quantum:stream:position.snapshot', '*', ...Object.entries(snapshot).flat());
  for (const proposal of proposals) {
    const whole = { ...proposal, symbol: 'ETHUSDT', trace_id: `t-${proposal.plan_id}` };
    await redis.client.xadd('quantum:stream:harvest.proposal', '*', ...Object.entries(whole).flat());
  }
  system = await startSystem(redis, { env: { OUTPUT_PREFIX: 'beside', GROUP_SUFFIX: '-beside', GATES: 'heat-gate' } });
  await until('every proposal is judged', async () => {
    return (await redis.client.xlen('beside:stream:harvest.calibrated')) === COUNT;
  });
});
afterAll(async () => {
  await system.stop();
  await redis.stop();
});

/** What the original in enforce answers: it knows `FULL_CLOSE` alone, no exit that protects, and repeats the action. */
async function originalAnswers({ plan_id, action }: Proposal): Promise<void> {
  const softened = action === 'FULL_CLOSE';
  const unchanged = action.startsWith('PARTIAL_') ? 'partial_unchanged' : 'non_full_close_unchanged';
  const entry = {
    trace_id: `t-${plan_id}`,
    plan_id,
    symbol: 'ETHUSDT',
    original_action: action,
    harvest_action: action,
    calibrated_action: softened ? 'PARTIAL_75' : action,
    heat_value: String(HEAT),
    heat_bucket: 'WARM',
    mode: 'enforce',
    calibrated: 'true',
    reason: softened ? 'portfolio_heat_warm' : unchanged,
    timestamp: '1',
  };
  await redis.client.xadd('quantum:stream:harvest.calibrated', '*', ...Object.entries(entry).flat());
}

/** The output on the page below a line that holds this command. */
function shownBelow(command: string): string {
  const lines = page.split('\n');
  const at = lines.indexOf(`    $ portcullis ${command}`);
  expect(at).toBeGreaterThan(0);
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line !== '' && !line.startsWith('    '));
  return `${rest
    .slice(0, end)
    .map((line) => line.slice(4))
    .join('\n')
    .trimEnd()}\n`;
}

test('with the original in shadow there is nothing of its side', async () => {
  const { code, out } = await runCli(redis.url, ['compare', '--stream', 'harvest.calibrated', '--with', 'beside']);
  expect({ code, out }).toEqual({ code: 1, out: shownBelow('compare --stream harvest.calibrated --with beside') });
});

test('with the original in enforce what is left is what the tables of the page say', async () => {
  for (const proposal of proposals) await originalAnswers(proposal);
  const argv = ['compare', '--stream', 'harvest.calibrated', '--with', 'beside', '--ignore', 'timestamp,trace_id'];
  const { code, out } = await runCli(redis.url, argv);
  expect({ code, out }).toEqual({ code: 1, out: shownBelow(argv.join(' ')) });
});

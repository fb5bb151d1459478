import { heatDecisionFields } from '../../../../schemas/harvest.ts';
import { keys, streams } from '../../../../schemas/keys.ts';
import type { CheckOptions } from '../checklist.ts';
import type { Stack } from '../stack.ts';
import type { Proof, Section } from './section.ts';

const BY_FIRST_CAUSE = 'PARTIAL_25 at heat 0 COLD: fail_closed_';
const LIVE_SEC = 300;
const OLD_SEC = 1_000;
const MONITOR_MS = 20_000;

/** The heat gate: failing closed, the scenarios 1 to 4 of the original, limits, shadow and enforce, what it leaves behind. */
export const heatGate: Section = {
  name: 'P2.6',
  title: 'P2.6 heat gate',
  needs: ['heat-gate'],
  run: async (proof) => {
    await proof.stack.mode('heat-gate', 'shadow');
    await failClosed(proof);
    await scenarios(proof);
    await exactLimits(proof);
    await untouched(proof);
    await trail(proof);
    await modes(proof);
    await metrics(proof);
  },
};

async function failClosed({ list, stack }: Proof): Promise<void> {
  const closed = (name: string, planId: string, cause: string) =>
    list.answers(`fail-closed: ${name}`, `${BY_FIRST_CAUSE}${cause}`, () => verdictOn(stack, planId));
  await stack.propose('fc1', 'ETHUSDT', 'FULL_CLOSE');
  await closed('no portfolio state', 'fc1', 'portfolio_state_missing');
  await stack.state({ equity_usd: '10000' });
  await stack.propose('fc2', 'ETHUSDT', 'FULL_CLOSE');
  await closed('no position snapshots', 'fc2', 'no_positions');
  await stack.state({ drawdown: '1' });
  await stack.propose('fc3', 'ETHUSDT', 'FULL_CLOSE');
  await closed('equity missing', 'fc3', 'invalid_equity');
  await stack.state({ equity_usd: 'NaN' });
  await stack.propose('fc4', 'ETHUSDT', 'FULL_CLOSE');
  await closed('equity that is no number', 'fc4', 'invalid_equity');
  await stack.state({ equity_usd: '10000' });
  const old = String((await stack.nowSec()) - OLD_SEC);
  await stack.snapshot('ETHUSDT', { position_notional_usd: '1800', sigma: '0.15', timestamp: old });
  await stack.propose('fc5', 'ETHUSDT', 'FULL_CLOSE');
  await closed('every position too old', 'fc5', 'positions_stale');
  await stack.snapshot('ETHUSDT', { position_notional_usd: '1800' });
  await stack.propose('fc6', 'ETHUSDT', 'FULL_CLOSE');
  await closed('a sigma of no position', 'fc6', 'nothing_priced');
  await stack.limits('heat-gate', { P26_STATE_MAX_AGE_SEC: '30' });
  await stack.state({ equity_usd: '10000', timestamp: old });
  await stack.propose('fc7', 'ETHUSDT', 'FULL_CLOSE');
  await closed('a portfolio state too old, where its age matters', 'fc7', 'portfolio_state_stale');
  await stack.limits('heat-gate', {});
}

/** The worked figures of the original's test scenarios (contract §1). */
async function scenarios({ list, stack }: Proof): Promise<void> {
  const says = (name: string, planId: string, expected: string) =>
    list.answers(name, expected, () => verdictOn(stack, planId));
  await stack.state({ equity_usd: '10000' });
  await stack.snapshot('ETHUSDT', { position_notional_usd: '1800', sigma: '0.15' });
  await stack.propose('test1', 'ETHUSDT', 'FULL_CLOSE');
  await says('1. COLD: FULL_CLOSE becomes PARTIAL_25', 'test1', 'PARTIAL_25 at heat 0.027 COLD: portfolio_heat_cold');
  await stack.snapshot('XRPUSDT', { position_notional_usd: '5000' });
  await stack.propose('test1b', 'ETHUSDT', 'FULL_CLOSE');
  await says('a position without sigma is left out', 'test1b', 'PARTIAL_25 at heat 0.027 COLD: portfolio_heat_cold');
  await stack.flat('XRPUSDT');
  await stack.snapshot('BTCUSDT', { position_notional_usd: '12250', sigma: '0.05' });
  await stack.state({ equity_usd: '3000' });
  await stack.propose('test2', 'ETHUSDT', 'FULL_CLOSE');
  const warm = 'PARTIAL_75 at heat 0.2941666667 WARM: portfolio_heat_warm';
  await says('2. WARM: FULL_CLOSE becomes PARTIAL_75', 'test2', warm);
  await stack.state({ equity_usd: '1000' });
  await stack.propose('test3', 'BTCUSDT', 'FULL_CLOSE');
  await says('3. HOT: FULL_CLOSE passes', 'test3', 'FULL_CLOSE at heat 0.8825 HOT: portfolio_heat_hot');
  await stack.propose('test4', 'ETHUSDT', 'PARTIAL_50');
  await says('4. PARTIAL_50 passes unchanged', 'test4', 'PARTIAL_50 at heat 0.8825 HOT: partial_unchanged');
}

async function exactLimits({ list, stack }: Proof): Promise<void> {
  await stack.flat('BTCUSDT');
  await stack.state({ equity_usd: '1000' });
  const at = async (planId: string, notional: string, expected: string) => {
    await stack.snapshot('ETHUSDT', { position_notional_usd: notional, sigma: '0.1' });
    await stack.propose(planId, 'ETHUSDT', 'FULL_CLOSE');
    await list.answers(`limit: heat of ${notional} × 0.1 / 1000`, expected, () => verdictOn(stack, planId));
  };
  await at('lim1', '2499.9', 'PARTIAL_25 at heat 0.24999 COLD: portfolio_heat_cold');
  await at('lim2', '2500', 'PARTIAL_75 at heat 0.25 WARM: portfolio_heat_warm');
  await at('lim3', '6499.9', 'PARTIAL_75 at heat 0.64999 WARM: portfolio_heat_warm');
  await at('lim4', '6500', 'FULL_CLOSE at heat 0.65 HOT: portfolio_heat_hot');
}

async function untouched({ list, stack }: Proof): Promise<void> {
  await stack.state({ equity_usd: '10000' });
  const passes = async (planId: string, action: string, reason: string, expected: string) => {
    await stack.propose(planId, 'ETHUSDT', action, { reason });
    const got = async () => (await calibrated(stack, planId))?.reason;
    await list.answers(`COLD: ${action} for ${reason} passes`, expected, got);
    await list.answers(
      `COLD: ${action} for ${reason} stays ${action}`,
      action,
      async () => (await calibrated(stack, planId))?.calibrated_action,
    );
  };
  await passes('pass1', 'FULL_CLOSE', 'stop_loss', 'protective_exit_unchanged');
  await passes('pass2', 'PARTIAL_25', 'tp_hit', 'partial_unchanged');
  await passes('pass3', 'HOLD', 'tp_hit', 'non_full_close_unchanged');
}

/** The chain to HeatBridge, and the audit of one decision. */
async function trail({ list, stack }: Proof): Promise<void> {
  const decision = async () => (await stack.found(streams.heatDecisions, 'plan_id', 'test2'))[0];
  await list.answers('heat decision: exactly the 13 fields', heatDecisionFields.join(' '), async () => {
    const fields = await decision();
    return fields === undefined ? undefined : Object.keys(fields).join(' ');
  });
  const expected = 'warm 0.2941666667 DOWNGRADE_FULL_TO_PARTIAL 0.75 ok';
  await list.answers('heat decision: what it says of scenario 2', expected, async () => {
    const fields = await decision();
    if (fields === undefined) return undefined;
    const { heat_level, heat_score, heat_action, recommended_partial, reason } = fields;
    return `${heat_level} ${heat_score} ${heat_action} ${recommended_partial} ${reason}`;
  });
  const looked = async () => (await stack.hash(keys.heatByPlan('test2')))?.out_action;
  await list.answers('chain: HeatBridge has it by its plan', 'PARTIAL_75', looked, {
    needs: ['heat-gate', 'heat-bridge'],
  });
  await list.answers('audit: the decision log has scenario 2, once', '1 DOWNGRADE portfolio_heat_warm', async () => {
    const all = await stack.found(streams.decisions, 'plan_id', 'test2');
    const own = all.filter(({ handler }) => handler === 'heat-gate');
    return own[0] === undefined ? undefined : `${own.length} ${own[0].verdict} ${own[0].reason}`;
  });
  const fresh = async () => {
    const state = await stack.hash(keys.heatState);
    return state === undefined ? undefined : `heat ${state.heat} ${state.bucket}`;
  };
  const options = { needs: ['heat-monitor'], patienceMs: MONITOR_MS };
  await list.settles('state:heat follows with no proposal', 'heat 0.065 COLD', fresh, options);
}

async function modes({ list, stack }: Proof): Promise<void> {
  const key = keys.liveProposal('ETHUSDT');
  await stack.redis.hset(stack.portfolio.key(key), { action: 'FULL_CLOSE', publisher: 'own' });
  const live = async () => {
    const { action, original_action = 'none', publisher } = (await stack.hash(key)) ?? {};
    return `${action}, original ${original_action}, publisher ${publisher}`;
  };
  await stack.propose('shadow1', 'ETHUSDT', 'FULL_CLOSE');
  await list.answers('shadow: harvest.calibrated is written', 'PARTIAL_25, shadow', () =>
    actionAndMode(stack, 'shadow1'),
  );
  await list.answers('shadow: the live hash stays as it is', 'FULL_CLOSE, original none, publisher own', live);
  await stack.mode('heat-gate', 'enforce');
  await stack.propose('enforce1', 'ETHUSDT', 'FULL_CLOSE');
  await list.answers('enforce: harvest.calibrated is written', 'PARTIAL_25, enforce', () =>
    actionAndMode(stack, 'enforce1'),
  );
  const merged = 'PARTIAL_25, original FULL_CLOSE, publisher own';
  await list.settles('enforce: the live hash has the softened action, and keeps other fields', merged, live);
  await list.answers('enforce: the live hash lives 300 s', `${LIVE_SEC} s`, () => stack.life(key, LIVE_SEC));
  await stack.mode('heat-gate', 'shadow');
  await stack.propose('shadow2', 'ETHUSDT', 'FULL_CLOSE');
  await list.answers('rollback: shadow again at once', 'PARTIAL_25, shadow', () => actionAndMode(stack, 'shadow2'));
}

async function metrics({ list, stack, web }: Proof): Promise<void> {
  const shows = (series: string, expected: string, options: CheckOptions = {}) =>
    list.settles(`metric ${series}`, expected, () => web.metric('heat-gate', series), options);
  const gauge = { patienceMs: MONITOR_MS };
  await shows('p26_proposals_processed_total', String(stack.sent(streams.proposals)));
  await shows('p26_heat_value', '0.065', gauge);
  await shows('portfolio_heat_composite_normalized', '0.065', gauge);
  await shows('p26_bucket{state="COLD"}', '1', gauge);
  await shows('p26_enforce_mode', '0', gauge);
  await shows('p26_hash_writes_total', '1');
  await shows('p26_hash_write_fail_total', '0');
  await shows('p26_failures_total{reason="no_positions"}', '1');
  await shows('p26_failures_total{reason="sigma_missing"}', '3');
  await shows(
    'p26_actions_downgraded_total{from_action="FULL_CLOSE",to_action="PARTIAL_75",reason="portfolio_heat_warm"}',
    '3',
  );
  await list.settles('health of 8056', 'healthy p2.6-portfolio-heat-gate shadow', async () => {
    const { status, service, mode } = await web.json('heat-gate', 'p26', '/health');
    return `${status} ${service} ${mode}`;
  });
}

async function calibrated(stack: Stack, planId: string) {
  return (await stack.found(streams.calibrated, 'plan_id', planId))[0];
}

async function verdictOn(stack: Stack, planId: string): Promise<string | undefined> {
  const fields = await calibrated(stack, planId);
  if (fields === undefined) return undefined;
  return `${fields.calibrated_action} at heat ${fields.heat_value} ${fields.heat_bucket}: ${fields.reason}`;
}

async function actionAndMode(stack: Stack, planId: string): Promise<string | undefined> {
  const fields = await calibrated(stack, planId);
  return fields === undefined ? undefined : `${fields.calibrated_action}, ${fields.mode}`;
}

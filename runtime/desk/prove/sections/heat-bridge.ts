import { heatDecisionFields } from '../../../../schemas/harvest.ts';
import { keys, streams } from '../../../../schemas/keys.ts';
import type { Fields } from '../../../../schemas/wire.ts';
import type { Stack } from '../stack.ts';
import type { Proof, Section } from './section.ts';

const SYMBOL = 'DOGEUSDT';

/** HeatBridge: the original's tests A to E, any producer's values, and a bad entry. */
export const heatBridge: Section = {
  name: 'P2.7',
  title: 'P2.7 HeatBridge',
  needs: ['heat-bridge'],
  run: async (proof) => {
    await basicInjection(proof);
    await deduplication(proof);
    await latestUpdate(proof);
    await badEntry(proof);
    await metricsAndHealth(proof);
  },
};

async function basicInjection({ list, stack, hosts }: Proof): Promise<void> {
  await inject(stack, 'brP1', {});
  const entry = JSON.stringify(entryOf('brP1', {}, await injectedAt(stack, 'brP1')));
  const life = (name: string, initial: number) =>
    hosts.find(({ settings }) => name in settings)?.settings[name] ?? initial;
  const byPlan = keys.heatByPlan('brP1');
  await list.answers('A. by_plan has exactly the 13 fields', entry, async () => jsonOf(await stack.hash(byPlan)));
  const planSec = life('P27_TTL_PLAN_SEC', 1800);
  await list.answers('A. by_plan lives as set', `${planSec} s`, () => stack.life(byPlan, planSec));
  const latest = keys.heatLatest(SYMBOL);
  const symbolSec = life('P27_TTL_SYMBOL_SEC', 1800);
  await list.answers('A. latest has 14 fields, last_plan_id among them', '14 fields, last_plan_id brP1', async () => {
    const fields = await stack.hash(latest);
    return fields && `${Object.keys(fields).length} fields, last_plan_id ${fields.last_plan_id}`;
  });
  await list.answers('A. latest lives as set', `${symbolSec} s`, () => stack.life(latest, symbolSec));
  await list.answers('A. latest_plan_id points to it', 'brP1', () => stack.text(keys.heatLatestPlan(SYMBOL)));
  const dedupeSec = life('P27_DEDUPE_TTL_SEC', 120);
  await list.answers('A. the marker lives as set', `${dedupeSec} s`, () =>
    stack.life(keys.bridgeDedupe('brP1'), dedupeSec),
  );
}

async function deduplication({ list, stack, web }: Proof): Promise<void> {
  const skips = () => web.metric('heat-bridge', 'p27_dedupe_skips_total');
  await list.answers('B. before: p27_dedupe_skips_total', '0', skips);
  await inject(stack, 'brP1', { out_action: 'SHOULD_NOT_BE_SEEN' });
  await list.settles('B. the same plan again: p27_dedupe_skips_total', '1', skips);
  const kept = async () => (await stack.hash(keys.heatByPlan('brP1')))?.out_action;
  await list.answers('B. and nothing was overwritten', 'PARTIAL_75', kept);
}

async function latestUpdate({ list, stack }: Proof): Promise<void> {
  await inject(stack, 'brP2', { out_action: 'PARTIAL_50_PROPOSED', heat_action: 'HOLD_CLOSE' });
  await list.settles('C. latest_plan_id moves on to the next plan', 'brP2', () =>
    stack.text(keys.heatLatestPlan(SYMBOL)),
  );
  const latest = async () => {
    const fields = await stack.hash(keys.heatLatest(SYMBOL));
    return fields && `${fields.out_action} ${fields.heat_action} ${fields.last_plan_id}`;
  };
  await list.answers('C. latest has its fields, any values', 'PARTIAL_50_PROPOSED HOLD_CLOSE brP2', latest);
  await list.answers(
    'C. by_plan of the first stays',
    'PARTIAL_75',
    async () => (await stack.hash(keys.heatByPlan('brP1')))?.out_action,
  );
}

async function badEntry({ list, stack }: Proof): Promise<void> {
  await stack.add(streams.heatDecisions, { symbol: SYMBOL, note: 'no plan' });
  const dead = async () => (await stack.found(`${streams.heatDecisions}.dlq`, 'note', 'no plan'))[0]?.symbol;
  await list.answers('fail-open: an entry without a plan is a dead letter', SYMBOL, dead);
  await inject(stack, 'brP3', {});
  await list.settles('fail-open: and the next one is served', 'brP3', () => stack.text(keys.heatLatestPlan(SYMBOL)));
}

async function metricsAndHealth({ list, stack, web }: Proof): Promise<void> {
  const inMessages = async () => String(await stack.redis.xlen(stack.portfolio.streamKey(streams.heatDecisions)));
  await list.settles('D. p27_in_messages_total counts every entry', 'all of them', async () => {
    const counted = await web.metric('heat-bridge', 'p27_in_messages_total');
    const sent = await inMessages();
    return counted === sent ? 'all of them' : `${counted} of ${sent}`;
  });
  for (const kind of ['by_plan', 'latest_symbol']) {
    const series = `p27_written_total{kind="${kind}"}`;
    await list.answers(`D. ${series} is there`, 'above 0', async () => above0(await web.metric('heat-bridge', series)));
  }
  for (const stage of ['write', 'ack']) {
    const series = `p27_errors_total{stage="${stage}"}`;
    await list.answers(`D. ${series}`, '0', () => web.metric('heat-bridge', series));
  }
  const health = () => web.json('heat-bridge', 'p27Health', '/health');
  await list.settles('E. health: status and backlog', 'ok, backlog 0', async () => {
    const { status, backlog } = await health();
    return `${status}, backlog ${backlog}`;
  });
  await list.answers('E. health: its fields', 'status last_ts_epoch last_loop_ms backlog', async () =>
    Object.keys(await health()).join(' '),
  );
}

async function inject(stack: Stack, planId: string, different: Fields): Promise<void> {
  await stack.add(streams.heatDecisions, entryOf(planId, different, String(await stack.nowSec())));
}

async function injectedAt(stack: Stack, planId: string): Promise<string> {
  return (await stack.found(streams.heatDecisions, 'plan_id', planId))[0]?.ts_epoch ?? '';
}

/** An entry as the heat gate writes it. */
function entryOf(planId: string, different: Fields, tsEpoch: string): Fields {
  const values: Fields = {
    ts_epoch: tsEpoch,
    symbol: SYMBOL,
    plan_id: planId,
    in_action: 'FULL_CLOSE',
    out_action: 'PARTIAL_75',
    heat_level: 'warm',
    heat_score: '0.42',
    heat_action: 'DOWNGRADE_FULL_TO_PARTIAL',
    recommended_partial: '0.75',
    reason: 'ok',
    inputs_age_sec: '',
    mode: 'shadow',
    debug_json: '{}',
    ...different,
  };
  return Object.fromEntries(heatDecisionFields.map((name) => [name, values[name] ?? '']));
}

/** In the contract's order: Redis keeps none. */
function jsonOf(fields: Fields | undefined): string | undefined {
  if (fields === undefined) return undefined;
  const known = heatDecisionFields.filter((name) => name in fields);
  const others = Object.keys(fields).filter((name) => !known.some((one) => one === name));
  return JSON.stringify(Object.fromEntries([...known, ...others].map((name) => [name, fields[name]])));
}

function above0(value: string): string {
  return Number(value) > 0 ? 'above 0' : value;
}

import { actionKind } from '../../../schemas/action.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { limits, PRICE } from '../names.ts';
import { type Decision, type Entry, type Finding, msOf, repeated, type Witness } from './witness.ts';

interface Permit extends Decision {
  readonly openMs: number | undefined;
  readonly usd: number;
  /** Unix ms at which what it took up was given back. */
  readonly givenBackMs: number;
}

/** No plan has two permits, no cap is exceeded and no cooldown broken: judged again over all that was permitted. */
export function governorFindings(witness: Witness): readonly Finding[] {
  const permits = permitsOf(witness);
  return [
    ...repeated(permits.map(({ planId }) => planId)).map((plan) => `plan ${plan} got two permits`),
    ...keyFindings(witness, permits),
    ...withdrawalFindings(witness, permits),
    ...killFindings(permits, witness),
    ...rateFindings(permits),
    ...capFindings(permits),
  ];
}

function permitsOf(witness: Witness): readonly Permit[] {
  const plans = witness.sources.find(({ handler }) => handler === 'governor')?.entries ?? [];
  const sent = new Map(plans.map(({ id, fields }) => [id, fields]));
  return witness.decisions
    .filter(({ handler, verdict }) => handler === 'governor' && verdict === 'PERMIT')
    .map((decision) => {
      const plan = sent.get(decision.sourceId);
      const isOpen = actionKind(decision.action, plan?.reduceOnly === 'true') === 'OPEN';
      const qty = Number(plan?.qty ?? 0);
      const openMs = isOpen ? witness.openedMs.get(decision.sourceId) : undefined;
      return { ...decision, openMs, usd: isOpen ? qty * PRICE : 0, givenBackMs: givenBack(decision, witness) };
    });
}

/** A fill is given back by the close of its position; what was not filled by a refusal, a withdrawal, or in time. */
function givenBack({ planId, symbol, id, judgedSec }: Decision, witness: Witness): number {
  const after = (entries: readonly Entry[], is: (fields: Entry['fields']) => boolean) =>
    msOf(entries.find((entry) => msOf(entry.id) >= msOf(id) && is(entry.fields))?.id ?? 'never');
  const fill = witness.snapshots.findIndex(({ fields }) => fields.filled === planId);
  if (fill >= 0) {
    const closed = (fields: Entry['fields']) => fields.symbol === symbol && fields.position_qty === '0';
    return orNever(after(witness.snapshots.slice(fill), closed));
  }
  const rejected = after(witness.results, (fields) => fields.plan_id === planId);
  const withdrawn = after(eventsOf(witness), ({ event, plan_id }) => plan_id === planId && TAKEN_BACK.has(event ?? ''));
  const expired = judgedSec * 1000 + limits.reservationMs;
  return Math.min(orNever(rejected), orNever(withdrawn), expired);
}

const TAKEN_BACK = new Set(['PERMIT_WITHDRAWN', 'PERMIT_REVOKED']);

function eventsOf(witness: Witness): readonly Entry[] {
  const left = [...witness.outputs].find(([key]) => key.endsWith(':governor.events'))?.[1] ?? [];
  return [...witness.deletedEvents, ...left];
}

function orNever(ms: number): number {
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms;
}

/** A permit is there only of a permitted plan, and a block only of one that was not permitted since. */
function keyFindings(witness: Witness, permits: readonly Permit[]): readonly Finding[] {
  const permitted = new Set(permits.map(({ planId }) => planId));
  return [
    ...[...witness.permits]
      .filter((plan) => !permitted.has(plan))
      .map((plan) => `permit of ${plan} without a decision`),
    ...[...witness.blocks].filter((plan) => permitted.has(plan)).map((plan) => `plan ${plan} has a permit and a block`),
  ];
}

/** A permit is taken back once, and only where one was given. */
function withdrawalFindings(witness: Witness, permits: readonly Permit[]): readonly Finding[] {
  const given = new Set(permits.map(({ planId }) => planId));
  const back = eventsOf(witness).filter(({ fields }) => TAKEN_BACK.has(fields.event ?? ''));
  const plans = back.map(({ fields }) => fields.plan_id ?? '');
  return [
    ...repeated(plans).map((plan) => `permit of ${plan} was taken back twice`),
    ...plans.filter((plan) => !given.has(plan)).map((plan) => `permit of ${plan} was taken back and never given`),
  ];
}

/** Nothing is permitted while the kill switch is on, whenever it was judged; the id of a decision says when it was committed. */
function killFindings(permits: readonly Permit[], { killed }: Witness): readonly Finding[] {
  const underKill = ({ id }: Permit) => killed.some(({ fromMs, toMs }) => msOf(id) > fromMs && msOf(id) < toMs);
  return permits.filter(underKill).map(({ planId }) => `plan ${planId} was permitted under the kill switch`);
}

function rateFindings(permits: readonly Permit[]): readonly Finding[] {
  const found: Finding[] = [];
  const lastMs = new Map<string, number>();
  const opened = new Map<string, number[]>();
  for (const { symbol, openMs, planId, usd, judgedSec } of permits) {
    if (usd > 0 && openMs === undefined) found.push(`plan ${planId} was opened and not counted`);
    const last = lastMs.get(symbol);
    if (openMs !== undefined && last !== undefined && openMs - last < limits.cooldownMs)
      found.push(`plan ${planId} broke the cooldown of ${symbol}: ${openMs - last} ms`);
    lastMs.set(symbol, openMs ?? judgedSec * 1000);
    if (openMs === undefined) continue;
    const before = (opened.get(symbol) ?? []).filter((atMs) => openMs - atMs < HOUR_MS);
    if (before.length >= limits.perHour) found.push(`plan ${planId} exceeded the hourly limit of ${symbol}`);
    opened.set(symbol, [...before, openMs]);
  }
  return found;
}

function capFindings(permits: readonly Permit[]): readonly Finding[] {
  const found: Finding[] = [];
  for (const [at, { planId, id, usd }] of permits.entries()) {
    if (usd === 0) continue;
    if (usd > limits.perTradeUsd) found.push(`plan ${planId} is of ${usd} dollars`);
    const alive = permits.slice(0, at + 1).filter((permit) => permit.usd > 0 && permit.givenBackMs > msOf(id));
    const totalUsd = alive.reduce((sum, permit) => sum + permit.usd, 0);
    if (totalUsd > limits.totalUsd) found.push(`with plan ${planId} ${totalUsd} dollars were out`);
    const symbols = new Set(alive.map(({ symbol }) => symbol)).size;
    if (symbols > limits.positions) found.push(`with plan ${planId} ${symbols} symbols were held or reserved`);
  }
  return found;
}

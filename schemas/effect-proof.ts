import { plainAction } from './action.ts';
import { parseNumber } from './number.ts';
import { streamIdMs } from './time.ts';
import type { Fields } from './wire.ts';

/** What shows that somebody acts on what the gates write, or that nobody does (contract §4, Effect proof). */
export const proofKinds = [
  'permit_taken',
  'permit_not_taken',
  'permit_unseen',
  'executed_with_permit',
  'executed_without_permit',
  'calibrated_used',
  'calibrated_not_used',
] as const;
export type ProofKind = (typeof proofKinds)[number];

/** Field of the totals' hash with the Unix ms from which on this was looked at. */
export const WATCHED_SINCE = 'since_ms';

/** How often a fact was seen, and the last time (Unix ms) with its plan; undefined before the first. */
export interface ProofTotal {
  readonly count: number;
  readonly lastMs: number | undefined;
  readonly lastPlanId: string | undefined;
}

/** The fields of the totals' hash in which the last time and plan of a fact stand. */
export function lastFields(kind: ProofKind): { readonly ms: string; readonly plan: string } {
  return { ms: `${kind}_last_ms`, plan: `${kind}_last_plan` };
}

/** The total of one fact in the hash `governor:effect_proof`; what cannot be read counts as nothing. */
export function proofTotal(fields: Fields, kind: ProofKind): ProofTotal {
  const { ms, plan } = lastFields(kind);
  return { count: parseNumber(fields[kind]) ?? 0, lastMs: parseNumber(fields[ms]), lastPlanId: fields[plan] };
}

/** What the marker of a permitted plan remembers; `action` is undefined in one that does not say. */
export interface PermittedPlan {
  /** Unix ms of the plan's entry. */
  readonly plannedMs: number;
  readonly action: string | undefined;
  /** `undefined` of a plan that did not ask. */
  readonly asked: AskedPlan | undefined;
}

/** What the marker of a plan that asked remembers besides. */
export interface AskedPlan {
  /** What it asked for, in a word. */
  readonly order: string;
  readonly strategy: string;
  readonly symbol: string;
}

/** Who asked for what, in three words. */
export function askedText({ order, strategy, symbol }: AskedPlan): string {
  return `${order} ${strategy} ${symbol}`;
}

/** The text of the marker of a permitted plan: the id of its entry, its action, and who asked for what. */
export function permittedText(sourceId: string, action: string, asked?: AskedPlan): string {
  const plan = `${sourceId} ${plainAction(action)}`;
  return asked === undefined ? plan : `${plan} ${askedText(asked)}`;
}

/** What the text of the marker says, or `undefined` when it cannot be read. */
export function parsePermitted(text: string): PermittedPlan | undefined {
  const [id = '', action, order, strategy, symbol] = text.split(' ');
  if (!/^\d+-\d+$/.test(id)) return undefined;
  const asked = order && strategy && symbol ? { order, strategy, symbol } : undefined;
  return { plannedMs: streamIdMs(id), action, asked };
}

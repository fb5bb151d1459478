import { z } from 'zod';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { recorded } from '../../../schemas/decision.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { DecisionPage } from '../decisions/decision-file.ts';
import type { Explanation } from './explanation.ts';
import { endOf } from './plan-end.ts';
import { stepsOf } from './steps.ts';
import type { TracedDecision, Traces } from './traces.ts';

const Input = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

/** A log has no word of what became of a permit. */
const PERMITTED = 'Permitted. The log of a run does not tell what became of the permit.';

/** Where a log is, and of which portfolio. */
export interface LogPlace {
  /** How it is named to whoever asks. */
  readonly file: string;
  /** Unix ms from which decisions are looked at. */
  readonly sinceMs: number;
  /** Unix ms that it is: the end of the log. */
  readonly nowMs: number;
}

/** The way of a plan as far as a log of decisions alone tells it: nothing is known of keys and of streams beside it. */
export async function explainLogged(
  pages: AsyncIterable<DecisionPage>,
  handlers: readonly AnyHandler[],
  planId: string,
  { file, sinceMs, nowMs }: LogPlace,
): Promise<Explanation> {
  const decisions: TracedDecision[] = [];
  let [entries, portfolio, firstMs] = [0, '', Infinity];
  for await (const page of pages) {
    for (const { id, fields } of page.decisions) {
      const atMs = streamIdMs(id);
      if (atMs < sinceMs) continue;
      entries += 1;
      firstMs = Math.min(firstMs, atMs);
      portfolio ||= fields.portfolio ?? '';
      if (fields.plan_id === planId) decisions.push({ id, fields, source: sourceOf(fields), written: new Map() });
    }
  }
  const back_to = Number.isFinite(firstMs) ? Math.floor(firstMs / 1000) : null;
  const searched = [{ stream: file, entries, back_to, finished: true }];
  const steps = stepsOf(tracesOf(planId, nowMs, decisions, searched), handlers).filter(({ step }) => step !== 'permit');
  const ended = endOf(steps, { permitted: [], blocked: [] });
  const symbol = decisions.find(({ fields }) => fields.symbol !== undefined)?.fields.symbol ?? '';
  const about = { portfolio, plan_id: planId, symbol };
  const told = ended.end === 'permit_taken_or_expired' ? { ...ended, summary: PERMITTED } : ended;
  return { ...about, ...told, standing: [], steps, searched };
}

/** What of the entry that a decision was about is in the decision itself. */
function sourceOf({ symbol, plan_id, action, input = '' }: Fields): Fields | undefined {
  const said = recorded(Input, input);
  if (said === undefined) return undefined;
  const { reduce_only, ...figures } = said;
  const about = { ...(symbol !== undefined && { symbol }), ...(plan_id !== undefined && { plan_id }) };
  return {
    ...about,
    ...(action !== undefined && { action }),
    ...figures,
    ...(reduce_only && { reduceOnly: reduce_only }),
  };
}

function tracesOf(
  planId: string,
  nowMs: number,
  decisions: readonly TracedDecision[],
  searched: Traces['searched'],
): Traces {
  const nothing = { events: [], results: [], proposals: [], plans: [], deadLetters: [] };
  const keys = {
    permitLeftMs: undefined,
    blocked: false,
    permittedBy: undefined,
    outstanding: false,
    reserved: false,
    lookups: [],
  };
  return { planId, nowMs, decisions, ...nothing, asked: new Map(), readings: new Map(), keys, searched };
}

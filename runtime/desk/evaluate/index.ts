import type { Redis } from 'ioredis';
import type { HeatFacts } from '../../../handlers/common/portfolio-heat.ts';
import type { Outcome } from '../../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { PlanFacts } from '../../../handlers/governor/reads.ts';
import { actionKind } from '../../../schemas/action.ts';
import type { LoggedCheck } from '../../../schemas/decision.ts';
import { type EvaluatedGate, evaluatedGates, type Hypothesis, type Question } from '../../../schemas/evaluation.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf, parseBoolean } from '../../../schemas/wire.ts';
import { type Facts, type FactViews, readFacts } from '../../engine/lane/facts.ts';
import { modeInForce } from '../../engine/policy/mode-watch.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { HeatBasis } from '../explain/explanation.ts';
import { heatBasis } from '../explain/heat-basis.ts';
import { governorWords, heatWords } from '../explain/reasons.ts';
import { viewsNow } from '../positions/views-now.ts';
import { supposedHeat, supposedPlan } from './hypothesis.ts';
import { type Largest, largestPassing } from './largest.ts';
import { type EvaluatedHandler, withLimitsInForce } from './limits.ts';

const PASSING = new Set(['PASS', 'PERMIT', 'WOULD_PERMIT']);
const NO_PLAN_ID = 'what-if';

/** What a gate would say. */
export interface Answer {
  readonly gate: EvaluatedGate;
  readonly symbol: string;
  readonly action: string;
  readonly mode: string;
  readonly verdict: string;
  readonly reason: string;
  /** The reason in words. */
  readonly words: string;
  readonly checks: readonly LoggedCheck[];
  /** Of an exit: what would be published. */
  readonly calibrated_action: string | null;
  /** Of an exit: the heat and what it is made of. */
  readonly heat: HeatBasis | null;
  /** Of a plan that opens: the largest size that would pass; null when no size does, and for all other entries. */
  readonly largest: Largest | null;
}

/** A question that cannot be answered, in words that say what was expected. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}

/** Says for each question what its gate would decide now, each alone; nothing is written, nothing is read from a group. */
export async function evaluate(
  redis: Redis,
  portfolio: Portfolio,
  questions: readonly Question[],
  askingOf: (gate: EvaluatedGate) => EvaluatedHandler,
): Promise<Answer[]> {
  const views = onceRead(await viewsNow(redis, portfolio));
  const gates = new Map<EvaluatedGate, EvaluatedHandler>();
  for (const gate of new Set(questions.map(gateOf))) {
    gates.set(gate, await withLimitsInForce(redis, portfolio, askingOf(gate)));
  }
  const entries = questions.map((question) => ({ question, ...parsed(question, gates) }));
  const facts = new Map<EvaluatedGate, Facts>();
  for (const gate of evaluatedGates) {
    const reads = entries.filter((one) => one.gate === gate).map((one) => one.reads);
    const about = { gate, tokenKey: portfolio.key(runtimeKeys.token(gate)), reads };
    if (reads.length > 0) facts.set(gate, await readFacts(redis, portfolio, views, about));
  }
  return entries.map((entry) => answerTo(entry, facts.get(entry.gate) as Facts, portfolio));
}

/** Views that were read once are always caught up, and remember nothing. */
function onceRead(views: Awaited<ReturnType<typeof viewsNow>>): FactViews {
  return {
    catchUp: async (_redis, read) => {
      await read([]);
    },
    compute: (compute, settings, nowMs) => compute(views, settings as never, nowMs).value,
  };
}

type Parsed = ReturnType<typeof parsed> & { readonly question: Question };

function parsed(question: Question, gates: ReadonlyMap<EvaluatedGate, EvaluatedHandler>) {
  const source = sourceOf(question);
  const gate = gateOf(question);
  const asking = gates.get(gate) as EvaluatedHandler;
  const message = asking.handler.message.safeParse(source);
  if (!message.success) {
    const [issue] = message.error.issues;
    throw new QuestionError(`${issue?.path.join('.') ?? 'entry'}: ${issue?.message ?? 'cannot be read'}`);
  }
  return { gate, asking, source, reads: asking.handler.reads(message.data, asking.settings) };
}

function sourceOf({ entry }: Question): Fields {
  return fieldsOf(Object.entries({ plan_id: NO_PLAN_ID, ...entry }).flat());
}

/** Exits go to the heat gate where nothing of an order is said; all else is a plan. */
function gateOf({ gate, entry }: Question): EvaluatedGate {
  const { action = entry.harvest_action ?? '', qty, notional_usd, side } = entry;
  const isOrder = (qty ?? notional_usd ?? side) !== undefined;
  return gate ?? (!isOrder && actionKind(action, false) === 'CLOSE' ? 'heat-gate' : 'governor');
}

function answerTo({ gate, asking, source, reads, question }: Parsed, facts: Facts, portfolio: Portfolio): Answer {
  const { handler, settings } = asking;
  const supposed = question.state ?? {};
  const mode = modeOf(handler, supposed, facts);
  const given = supposedFacts(gate, facts.of(reads, settings), supposed, facts.nowMs);
  const outcomeOf = (entry: Fields): Outcome =>
    handler.handle(handler.message.parse(entry), {
      facts: given as never,
      settings,
      mode,
      nowMs: facts.nowMs,
      sourceId: `${facts.nowMs}-0`,
      portfolio: portfolio.prefix,
      source: entry,
    });
  const outcome = outcomeOf(source);
  const { verdict = 'IGNORED', reason = 'not_for_execution', checks = [] } = outcome.decision ?? {};
  const { symbol = '', action = source.harvest_action ?? '' } = source;
  const words = gate === 'governor' ? governorWords(reason, checks, symbol) : heatWords(reason);
  const sized = gate === 'governor' && actionKind(action, parseBoolean(source.reduceOnly) ?? false) === 'OPEN';
  return {
    gate,
    symbol,
    action,
    mode,
    verdict,
    reason,
    words,
    checks,
    calibrated_action: calibratedAction(outcome),
    heat: gate === 'heat-gate' ? heatBasis(outcome.decision?.facts) : null,
    largest: sized ? (largestPassing(source, askedBy(outcomeOf)) ?? null) : null,
  };
}

function modeOf({ modes }: AnyHandler, { mode }: Hypothesis, facts: Facts): string {
  if (mode === undefined) return modeInForce(facts.mode, modes?.values, modes?.initial ?? '');
  if (modes?.values.includes(mode) === true) return mode;
  throw new QuestionError(`mode: expected ${modes?.values.join(', ') ?? 'none'}, got ${JSON.stringify(mode)}`);
}

function supposedFacts(
  gate: EvaluatedGate,
  facts: Record<string, unknown>,
  supposed: Hypothesis,
  nowMs: number,
): unknown {
  return gate === 'heat-gate'
    ? supposedHeat(facts as unknown as HeatFacts, supposed)
    : supposedPlan(facts as unknown as PlanFacts, supposed, nowMs);
}

function askedBy(outcomeOf: (entry: Fields) => Outcome) {
  return {
    passes: (entry: Fields) => PASSING.has(outcomeOf(entry).decision?.verdict ?? ''),
    priceUsd: (entry: Fields) => {
      const worth = outcomeOf(entry).decision?.checks?.find(({ gate }) => gate === 'notional_per_trade')?.value;
      return typeof worth === 'number' && worth > 0 ? worth : undefined;
    },
  };
}

function calibratedAction({ effects }: Outcome): string | null {
  for (const effect of effects) {
    if (effect.do === 'emit' && effect.fields.calibrated_action !== undefined) return effect.fields.calibrated_action;
  }
  return null;
}

import type { Redis } from 'ioredis';
import { type Largest, largestPassing } from '../../../handlers/common/largest.ts';
import { type Outcome, wholeText } from '../../../handlers/contract/effects.ts';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { LoggedCheck } from '../../../schemas/decision.ts';
import type { Hypothesis, Question } from '../../../schemas/evaluation.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { wholeFacts } from '../../engine/commit/shared-facts.ts';
import { type Facts, type FactViews, readFacts } from '../../engine/lane/facts.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import { modeInForce } from '../../engine/policy/mode-watch.ts';
import { faced, reasonWords } from '../../engine/status/faces.ts';
import type { Looked, Runtime } from '../../engine/status/types.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { HeatBasis } from '../explain/explanation.ts';
import { heatBasis } from '../explain/heat-basis.ts';
import { viewsNow } from '../positions/views-now.ts';
import { type EvaluatedHandler, withLimitsInForce } from './limits.ts';

const NO_PLAN_ID = 'what-if';

/** What a gate would say. */
export interface Answer {
  readonly gate: string;
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

/** A question with the gate it is for, and its entry as that gate reads it. */
export interface ReadQuestion {
  readonly handler: AnyHandler;
  readonly source: Fields;
  readonly message: unknown;
  readonly state: Hypothesis;
}

/** Reads questions before anything is asked of Redis; throws a `QuestionError` for an unknown gate or an entry that its gate cannot read. */
export function readQuestions(
  questions: readonly Question[],
  handlers: readonly AnyHandler[],
): readonly ReadQuestion[] {
  const named = questions.map((question) => ({ question, handler: handlerFor(question, handlers) }));
  return named.map(({ question: { entry, state = {} }, handler }) => {
    const source = fieldsOf(Object.entries({ plan_id: NO_PLAN_ID, ...entry }).flat());
    const message = handler.message.safeParse(source);
    if (message.success) return { handler, source, message: message.data, state };
    const [issue] = message.error.issues;
    throw new QuestionError(`${issue?.path.join('.') ?? 'entry'}: ${issue?.message ?? 'cannot be read'}`);
  });
}

/**
 * Says for each question what its gate would decide now, each alone; nothing is written, nothing is read from a group.
 * `settingsOf` gives the settings of a gate as the asking process has them.
 */
export async function evaluate(
  redis: Redis,
  portfolio: Portfolio,
  questions: readonly ReadQuestion[],
  settingsOf: (handler: AnyHandler) => unknown,
): Promise<Answer[]> {
  const views = onceRead(await viewsNow(redis, portfolio));
  const asked = new Map<AnyHandler, EvaluatedHandler>();
  for (const handler of new Set(questions.map((question) => question.handler))) {
    const asking = { handler, settings: settingsOf(handler) };
    asked.set(handler, await withLimitsInForce(redis, portfolio, asking));
  }
  const entries = questions.map((question) => entryOf(question, asked.get(question.handler) as EvaluatedHandler));
  const facts = new Map<AnyHandler, Facts>();
  for (const handler of asked.keys()) {
    const reads = entries.filter((one) => one.handler === handler).map((one) => one.reads);
    const about = { gate: handler.gate, tokenKey: portfolio.key(runtimeKeys.token(handler.gate)), reads };
    facts.set(handler, await readFacts(redis, portfolio, views, about));
  }
  return entries.map((entry) => answerTo(entry, facts.get(entry.handler) as Facts, portfolio));
}

/** The largest size with which an entry would pass, by what this process reads anyway; null where none does. */
export async function largestNow(
  runtime: Pick<Runtime, 'look' | 'settingsOf'>,
  portfolio: Portfolio,
  { handler, ...asked }: Asked,
) {
  const source = fieldsOf(Object.entries({ plan_id: NO_PLAN_ID, ...asked.entry }).flat());
  const reads = handler.reads(handler.message.parse(source), runtime.settingsOf(handler.name));
  const { facts, ...about } = await runtime.look(portfolio, handler, reads);
  const outcomeOf = outcomesBy(handler, portfolio, about);
  return faced(handler, 'whatIf', () => largestOf(handler, source, { given: facts, outcomeOf })) ?? null;
}

/** An entry for a gate. */
interface Asked {
  readonly handler: AnyHandler;
  readonly entry: Fields;
}

/** The gates that can be asked what they would say. */
export function askableOf(handlers: readonly AnyHandler[]): readonly AnyHandler[] {
  return judgesOf(handlers).filter(({ on }) => on.kind === 'stream');
}

/** The gate that a question names, else the first that says the entry is for it. */
function handlerFor({ gate, entry }: Question, handlers: readonly AnyHandler[]): AnyHandler {
  const askable = askableOf(handlers);
  const given = fieldsOf(Object.entries(entry).flat());
  const found =
    gate === undefined
      ? askable.find((one) => faced(one, 'whatIf', () => one.whatIf?.claims?.(given)) === true)
      : askable.find((one) => one.gate === gate);
  if (found !== undefined) return found;
  const names = alternatives(askable.map((one) => one.gate));
  if (gate !== undefined) throw new QuestionError(`expected a gate of ${names}, got ${quoted(gate)}`);
  throw new QuestionError(`expected a gate of ${names}, got none: this entry is of no gate that runs here by itself`);
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

type Entry = ReturnType<typeof entryOf>;

function entryOf(question: ReadQuestion, { settings }: EvaluatedHandler) {
  return { ...question, settings, reads: question.handler.reads(question.message, settings) };
}

function answerTo({ handler, settings, source, reads, state }: Entry, facts: Facts, portfolio: Portfolio): Answer {
  const { mode: supposedMode, ...supposed } = state;
  const mode = modeOf(handler, supposedMode, facts);
  const given = supposedFacts(handler, facts.of(reads, settings), supposed, facts.nowMs);
  const outcomeOf = outcomesBy(handler, portfolio, { settings, mode, nowMs: facts.nowMs });
  const outcome = outcomeOf(source, given);
  const { gate, whatIf } = handler;
  const { verdict = 'IGNORED', reason = whatIf?.silence ?? 'no_decision', checks = [] } = outcome.decision ?? {};
  const { symbol = '', action = source.harvest_action ?? '' } = source;
  return {
    gate,
    symbol,
    action,
    mode,
    verdict,
    reason,
    words: reasonWords(handler, { reason, checks, symbol }),
    checks,
    calibrated_action: calibratedAction(outcome),
    heat: heatBasis(outcome.decision && wholeText(wholeFacts(outcome.decision))),
    largest: faced(handler, 'whatIf', () => largestOf(handler, source, { given, outcomeOf })) ?? null,
  };
}

/** What a gate makes of an entry that comes now. */
function outcomesBy(
  handler: AnyHandler,
  portfolio: Portfolio,
  { settings, mode, nowMs }: Omit<Looked<never>, 'facts'>,
) {
  return (entry: Fields, facts: Record<string, unknown>): Outcome =>
    handler.handle(handler.message.parse(entry), {
      facts: facts as never,
      settings,
      mode,
      nowMs,
      sourceId: `${nowMs}-0`,
      portfolio: portfolio.prefix,
      source: entry,
    });
}

function modeOf({ modes }: AnyHandler, mode: string | undefined, facts: Facts): string {
  if (mode === undefined) return modeInForce(facts.mode, modes?.values, modes?.initial ?? '');
  if (modes?.values.includes(mode) === true) return mode;
  throw new QuestionError(`mode: expected ${modes?.values.join(', ') ?? 'none'}, got ${JSON.stringify(mode)}`);
}

/** The facts with what is supposed; an answer that left some of that out would be no answer. */
function supposedFacts(
  { gate, whatIf }: AnyHandler,
  facts: Record<string, unknown>,
  supposed: Hypothesis,
  nowMs: number,
): Record<string, unknown> {
  const names = Object.keys(supposed).join(', ');
  if (names === '') return facts;
  if (whatIf?.suppose === undefined) {
    throw new QuestionError(`${gate}: expected no state, it supposes none, got ${names}`);
  }
  try {
    return whatIf.suppose(facts, supposed, nowMs);
  } catch (error) {
    throw new QuestionError(`${gate}: expected it to suppose ${names}, got ${messageOf(error)}`);
  }
}

/** What was asked, and what the gate makes of an entry under some facts. */
interface Sizing {
  readonly given: Record<string, unknown>;
  outcomeOf(entry: Fields, facts: Record<string, unknown>): Outcome;
}

function largestOf({ whatIf }: AnyHandler, source: Fields, { given, outcomeOf }: Sizing): Largest | undefined {
  const size = whatIf?.size;
  if (size?.isAsked(source) !== true) return undefined;
  const facts = size.sized?.(given) ?? given;
  const decisionOn = (entry: Fields) => outcomeOf(entry, facts).decision ?? { verdict: '', reason: '' };
  return largestPassing(source, {
    passes: (entry) => size.passes(decisionOn(entry)),
    priceUsd: (entry) => size.priceUsd(decisionOn(entry)),
    stepQty: size.stepQty?.(given, source),
  });
}

function calibratedAction({ effects }: Outcome): string | null {
  for (const effect of effects) {
    if (effect.do === 'emit' && effect.fields.calibrated_action !== undefined) return effect.fields.calibrated_action;
  }
  return null;
}

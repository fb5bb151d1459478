import { type Effect, innerEffects, type Outcome, type PiecedText } from '../../../handlers/contract/effects.ts';
import type { AnyHandler, Failure } from '../../../handlers/contract/handler.ts';
import type { Read } from '../../../handlers/contract/reads.ts';
import { type Fields, fieldsOf, overLimit } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { deadLetter } from '../commit/dead-letter.ts';
import { copiesSource, EffectPacker, logEntry, type PackedEffect, type PackedMessage } from '../commit/request.ts';
import { exactly } from '../commit/source-copy.ts';
import { type Candidate, type CandidateRuling, candidateRuling, withCandidateCounted } from '../policy/candidate.ts';
import type { Facts } from './facts.ts';
import type { LaneNames } from './identity.ts';
import type { Entry } from './reader.ts';

/** An entry on its way through a lane. */
export interface Item {
  readonly id: string;
  readonly flat: readonly string[];
  readonly source: Fields;
  readonly message: unknown;
  readonly reads: Readonly<Record<string, Read<unknown>>>;
  /** How often judging it threw. */
  attempts: number;
  /** Set once retries are used up: the fail policy of the gate applies. */
  failure?: Failure;
  /** Set when nothing can be done but keep it: it goes to the dead letters alone. */
  dead?: string;
}

/** An item with what was decided about it. */
export interface Judged {
  readonly item: Item;
  readonly outcome: Outcome;
  readonly packed: PackedMessage;
}

/** What judging needs to know of its lane. */
export interface JudgingContext {
  readonly handler: AnyHandler;
  readonly settings: unknown;
  readonly portfolio: Portfolio;
  readonly names: LaneNames;
  readonly mode: string;
  /** The candidate policy, where there is one for this handler. */
  readonly candidate?: Candidate;
}

const HANDLER_LIMIT_MS = 2_000;

/** The item of an entry: parsed, or dead with the reason why it cannot be understood. Never throws. */
export function itemOf(handler: AnyHandler, settings: unknown, entry: Entry): Item {
  const over = overLimit(entry.flat);
  if (over !== undefined) return deadItem(entry.id, over);
  const source = fieldsOf(entry.flat);
  try {
    const parsed = handler.message.safeParse(source);
    if (!parsed.success) return deadItem(entry.id, `invalid_message: ${firstProblem(parsed.error.issues)}`);
    const reads = handler.reads(parsed.data, settings);
    return { id: entry.id, flat: entry.flat, source, message: parsed.data, reads, attempts: 0 };
  } catch (error) {
    return deadItem(entry.id, `unreadable_message: ${messageOf(error)}`);
  }
}

function deadItem(id: string, reason: string, attempts = 1): Item {
  return { id, flat: [], source: fieldsOf([]), message: undefined, reads: {}, attempts, dead: reason };
}

/** The dead item of an entry that ended every process it was delivered to. */
export function crashLoopItem(id: string, deliveries: number): Item {
  return deadItem(id, `crash_loop: delivered ${deliveries} times and never finished`, deliveries);
}

function firstProblem(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const issue = issues[0];
  if (issue === undefined) return 'unknown';
  return issue.path.length === 0 ? issue.message : `${issue.path.map(String).join('.')}: ${issue.message}`;
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Judges items in order until one throws. Gates that read what they write see, in the facts of an item, what the
 * items before it decided; their messages carry a chain of state tokens made from `nonce`.
 */
export async function judgeAll(
  items: readonly Item[],
  facts: Facts,
  context: JudgingContext,
  nonce: string,
): Promise<{ judged: Judged[]; thrown?: { item: Item; error: unknown } }> {
  const judged: Judged[] = [];
  for (const item of items) {
    try {
      const judging = outcomeOf(item, facts, context);
      const outcome = judging instanceof Promise ? await judging : judging;
      const ruling = context.candidate && (await candidateOf(item, outcome, facts, context, context.candidate));
      const packed = packedOf(item, outcome, facts, context, ruling?.json);
      if (context.handler.serial === true && item.dead === undefined) {
        packed.token = facts.token;
        packed.nextToken = `${nonce}.${judged.length}`;
        facts.advance(outcome.effects, packed.nextToken);
      }
      judged.push({ item, outcome: ruling === undefined ? outcome : withCandidateCounted(outcome, ruling), packed });
    } catch (error) {
      return { judged, thrown: { item, error } };
    }
  }
  return { judged };
}

/**
 * Brings facts to where they will be once what was judged before is committed as it was judged. Answers `false` when they
 * cannot be: they were not read before that commit, or somebody else committed since that was judged.
 */
export function foresee(before: readonly Judged[], facts: Facts): boolean {
  for (const { outcome, packed } of before) {
    if (packed.nextToken === undefined) continue;
    if (packed.token !== facts.token) return false;
    facts.advance(outcome.effects, packed.nextToken);
  }
  return true;
}

/** A promise only where the handler gives one: most do not, and a batch waits for each. */
function outcomeOf(item: Item, facts: Facts, context: JudgingContext): Outcome | Promise<Outcome> {
  if (item.dead !== undefined) return { effects: [] };
  const { handler, settings, mode, portfolio } = context;
  const ctx = {
    settings,
    mode,
    nowMs: facts.nowMs,
    sourceId: item.id,
    portfolio: portfolio.prefix,
    source: item.source,
    facts: item.failure === undefined ? facts.of(item.reads, settings) : {},
  };
  if (item.failure !== undefined) return handler.onFailure(item.message, item.failure, ctx);
  const result: Outcome | Promise<Outcome> = handler.handle(item.message, ctx);
  return result instanceof Promise ? inTime(result) : result;
}

/** What the candidate says of a message that is decided on: judged on the same facts, with nothing of it applied. */
async function candidateOf(
  item: Item,
  { decision }: Outcome,
  facts: Facts,
  context: JudgingContext,
  candidate: Candidate,
): Promise<CandidateRuling | undefined> {
  if (decision === undefined) return undefined;
  const { settings, mode = context.mode } = candidate;
  return await candidateRuling(decision, candidate, context.handler.gate, async () =>
    outcomeOf(item, facts, { ...context, settings, mode }),
  );
}

async function inTime(result: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no outcome within ${HANDLER_LIMIT_MS} ms`)), HANDLER_LIMIT_MS);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

function packedOf(
  item: Item,
  outcome: Outcome,
  facts: Facts,
  context: JudgingContext,
  candidate: PiecedText | undefined,
): PackedMessage {
  const { handler, names, portfolio, mode } = context;
  const packer = new EffectPacker(portfolio, facts.nowMs, exactly(item.flat));
  const packed: PackedMessage = { id: item.id, effects: packer.pack(outcome.effects) };
  if (outcome.decision !== undefined) {
    const about = {
      sourceStream: names.stream,
      sourceId: item.id,
      handler: handler.name,
      portfolio: portfolio.prefix,
      mode,
      policyVersion: facts.policyVersion ?? '',
      nowMs: facts.nowMs,
    };
    packed.log = logEntry(outcome.decision, about, candidate);
  }
  if (copiesSource(packed.effects)) packed.copies = true;
  if (outcome.dedupe !== undefined) {
    packed.dedupe = { key: portfolio.key(outcome.dedupe.key), ttl: outcome.dedupe.ttlSec };
  }
  const reason = item.dead ?? item.failure?.reason;
  if (reason !== undefined) {
    packed.copies = true;
    packed.effects.push(deadLetterOf(item, reason, facts, names));
  }
  return packed;
}

function deadLetterOf(item: Item, reason: string, facts: Facts, names: LaneNames): PackedEffect {
  const attempts = item.failure?.attempts ?? item.attempts;
  return deadLetter(names.deadLetters, { id: item.id, group: names.group, reason, attempts, nowMs: facts.nowMs });
}

/** Whether a key that refused a commit belongs to this message alone, so that the message fails and not its lane. */
export function isOwnKey(judged: Judged, key: string): boolean {
  return judged.outcome.effects.some((effect, at) => ownsKey(effect, judged.packed.effects[at], key));
}

function ownsKey(effect: Effect, packed: PackedEffect | undefined, key: string): boolean {
  if (packed === undefined || effect.do === 'emit' || effect.do === 'later' || effect.scope === 'shared') return false;
  if (packed.key === key || packed.newer === key) return true;
  const inner = [...(packed.taken ?? []), ...(packed.gone ?? []), ...(packed.expired ?? [])];
  return innerEffects(effect).some((one, at) => ownsKey(one, inner[at], key));
}

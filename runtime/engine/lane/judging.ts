import type { Outcome, PiecedText } from '../../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { deadLetter } from '../commit/dead-letter.ts';
import { copiesSource, EffectPacker, logEntry, type PackedEffect, type PackedMessage } from '../commit/request.ts';
import type { SharedFactsWriter } from '../commit/shared-facts.ts';
import { exactly } from '../commit/source-copy.ts';
import { type Candidate, type CandidateRuling, candidateRuling, withCandidateCounted } from '../policy/candidate.ts';
import { modeInForce } from '../policy/mode-watch.ts';
import type { SettingsInForce } from '../policy/settings-in-force.ts';
import type { Facts } from './facts.ts';
import type { LaneNames } from './identity.ts';
import type { Item } from './reader.ts';

/** An item with what was decided about it. */
export interface Judged {
  readonly item: Item;
  readonly outcome: Outcome;
  readonly packed: PackedMessage;
}

/** What a lane judges with. */
export interface JudgingDeps {
  readonly handler: AnyHandler;
  readonly portfolio: Portfolio;
  readonly names: LaneNames;
  /** The settings that hold under the policy that was read. */
  readonly inForce: SettingsInForce;
  /** What decisions share is written once for all of them; undefined: with each decision. */
  readonly sharedFacts: SharedFactsWriter | undefined;
  /** The mode that holds when Redis says none. */
  readonly initialMode: string;
}

/** What items are judged by on their facts: the settings, the mode and the candidate policy that are in force. */
interface JudgingContext extends Pick<JudgingDeps, 'handler' | 'portfolio' | 'names' | 'sharedFacts'> {
  readonly settings: unknown;
  readonly mode: string;
  /** Undefined where no candidate is judged by this handler, or heeded. */
  readonly candidate: Candidate | undefined;
  /** Version of the candidate that is judged by; undefined where what is in force is. */
  readonly trialOf?: string;
}

/** An item of which judging threw. */
export interface Thrown {
  readonly item: Item;
  readonly error: unknown;
}

const HANDLER_LIMIT_MS = 2_000;

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Judges items in order until one throws. Gates that read what they write see, in the facts of an item, what the
 * items before it decided; their messages carry a chain of state tokens made from `nonce`.
 */
export async function judge(
  items: readonly Item[],
  facts: Facts,
  deps: JudgingDeps,
  nonce: string,
): Promise<{ judged: Judged[]; thrown?: Thrown }> {
  const context = contextOf(facts, deps);
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
 * Brings facts to where they will be once what was judged before is committed as it was judged; what of it was committed
 * when they were read is in them. Answers `false` when they cannot be: somebody else committed since that was judged.
 */
export function foresee(before: readonly Judged[], facts: Facts): boolean {
  const chain = before.filter(({ packed }) => packed.nextToken !== undefined);
  const last = chain.at(-1);
  if (last === undefined || last.packed.nextToken === facts.token) return true;
  const from = chain.findIndex(({ packed }) => packed.token === facts.token);
  if (from < 0) return false;
  for (const { outcome, packed } of chain.slice(from)) facts.advance(outcome.effects, packed.nextToken as string);
  return true;
}

function contextOf(facts: Facts, deps: JudgingDeps): JudgingContext {
  const { handler, portfolio, names, sharedFacts, inForce, initialMode } = deps;
  return {
    ...{ handler, portfolio, names, sharedFacts },
    settings: inForce.of(facts.policySettings),
    mode: modeInForce(facts.mode, handler.modes?.values, initialMode),
    candidate: inForce.candidate(facts.candidate),
  };
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
    candidate: handler.heedsCandidate === true ? context.candidate : undefined,
    trialOf: context.trialOf,
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
    outcomeOf(item, facts, { ...context, settings, mode, trialOf: candidate.version }),
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
  const { handler, names, portfolio, mode, sharedFacts } = context;
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
    const shared = sharedFacts?.of(handler.name, outcome.decision);
    if (shared !== undefined) packed.shared = shared;
    packed.log = logEntry(outcome.decision, about, candidate, shared);
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

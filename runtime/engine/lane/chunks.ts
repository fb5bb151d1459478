import type { PiecedText } from '../../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { keys, runtimeKeys, streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { CommitRequest, FactsRequest } from '../commit/commit.ts';
import { type PackedRequest, packRequest } from '../commit/compact.ts';
import type { PackedEffect, PackedMessage } from '../commit/request.ts';
import type { Facts } from './facts.ts';
import type { LaneNames } from './identity.ts';
import type { Judged } from './judging.ts';

/** How long a judgment may be on its way to its commit: figures change, and plans grow old. */
const JUDGED_FOR_MS = 5_000;

/** How much one commit writes at most, in characters, unless a single message is larger: what holds Redis is writing. */
const MAX_COMMIT_SIZE = 192 * 1024;
/** What a command in the script costs Redis besides its characters, in characters. */
const COMMAND_SIZE = 600;
/** A look at the type of the key, and the write. */
const COMMANDS_OF_EFFECT = 2;
/** Whether the source is acknowledged, by which commit, and the state token. */
const COMMANDS_OF_MESSAGE = 3;
/** Value and new value of the id that was written last. */
const COMMANDS_OF_NEWER = 2;

/** What goes into one commit, and the request that says so. */
export interface CommitChunk {
  readonly judged: readonly Judged[];
  readonly request: CommitRequest;
  readonly packed: PackedRequest;
}

/** The lane that commits. */
interface CommittingLane {
  readonly portfolio: Portfolio;
  readonly names: LaneNames;
  readonly handler: AnyHandler;
}

/** Names a judgment; `watch` where no source entry is to be acknowledged. */
interface Judgment {
  readonly nonce: string;
  readonly watch: boolean;
}

/** Cuts judged messages into commits that hold Redis for a short time; each names the one before it. */
export function chunksOf(
  judged: readonly Judged[],
  facts: Facts,
  lane: CommittingLane,
  judgment: Judgment,
): CommitChunk[] {
  const chunks: CommitChunk[] = [];
  const size = chunkSize(judged.map((one) => one.packed));
  for (let from = 0; from < judged.length; from += size) {
    const own = judged.slice(from, from + size);
    const request = requestOf(own, facts, lane, { ...judgment, earlier: chunks });
    chunks.push({ judged: own, request, packed: packRequest(request) });
  }
  return chunks;
}

function requestOf(
  judged: readonly Judged[],
  facts: Facts,
  { portfolio, names, handler }: CommittingLane,
  { nonce, watch, earlier }: Judgment & { readonly earlier: readonly CommitChunk[] },
): CommitRequest {
  const before = earlier.at(-1)?.request;
  const policy = portfolio.key(keys.policy(handler.gate));
  return {
    stream: names.stream,
    group: names.group,
    nonce: `${nonce}.${earlier.length}`,
    last: before === undefined ? names.last : `${names.last}#${earlier.length}`,
    after: before === undefined ? false : { last: before.last, nonce: before.nonce },
    mark: names.mark,
    finished: names.finished,
    decisions: portfolio.streamKey(streams.decisions),
    planIndex: portfolio.key(runtimeKeys.planIndex),
    commits: portfolio.key(runtimeKeys.commits),
    token: names.token,
    serial: handler.serial === true,
    watch,
    clock: portfolio.simulatedClock ? String(facts.nowMs) : false,
    judgedMs: portfolio.simulatedClock ? false : String(facts.nowMs),
    validUntil: portfolio.simulatedClock ? false : String(validUntilMs(judged, facts.nowMs)),
    facts: factsOf(judged, portfolio),
    guards: [{ key: policy, field: 'version', value: facts.storedVersion ?? false }, ...facts.guards()],
    messages: judged.map((one) => one.packed),
  };
}

/** Judged together, they are committed together or judged again. */
function validUntilMs(judged: readonly Judged[], nowMs: number): number {
  const own = judged.map(({ outcome }) => outcome.validUntilMs ?? Infinity);
  return Math.min(nowMs + JUDGED_FOR_MS, ...own);
}

function factsOf(judged: readonly Judged[], portfolio: Portfolio): FactsRequest | false {
  const named = judged.flatMap(({ packed: { shared } }) =>
    shared === undefined ? [] : [[shared.named, shared] as const],
  );
  if (named.length === 0) return false;
  return {
    stream: portfolio.streamKey(streams.decisionFacts),
    newest: portfolio.key(runtimeKeys.newestFacts),
    schema: portfolio.key(runtimeKeys.schema),
    shared: Object.fromEntries(named),
  };
}

/** How many of these messages, from the first on, go into one commit: all, or as many as make equal parts. */
export function chunkSize(messages: readonly PackedMessage[]): number {
  const size = messages.reduce((sum, message) => sum + sizeOf(message), 0);
  return Math.max(1, Math.ceil(messages.length / Math.ceil(size / MAX_COMMIT_SIZE)));
}

function sizeOf({ effects, log }: PackedMessage): number {
  return COMMANDS_OF_MESSAGE * COMMAND_SIZE + sizeOfAll(effects) + lengthOf(log ?? []);
}

function sizeOfAll(effects: readonly PackedEffect[]): number {
  let size = 0;
  for (const effect of effects) {
    const { fields, value, taken, gone, expired } = effect;
    size += commandsOf(effect) * COMMAND_SIZE + lengthOf(fields ?? []) + lengthOf(value ?? '');
    if (taken !== undefined) size += Math.max(sizeOfAll(taken), sizeOfAll(gone ?? []), sizeOfAll(expired ?? []));
  }
  return size;
}

function commandsOf({ op, newer, replace, unless, ttl }: PackedEffect): number {
  let commands = COMMANDS_OF_EFFECT;
  if (newer !== undefined) commands += COMMANDS_OF_NEWER;
  if (replace === true) commands += 1;
  if (unless !== undefined) commands += 1;
  if (ttl !== undefined && op !== 'set') commands += 1;
  return commands;
}

function lengthOf(text: string | readonly PiecedText[]): number {
  if (typeof text === 'string') return text.length;
  let length = 0;
  for (const piece of text) length += lengthOf(piece);
  return length;
}

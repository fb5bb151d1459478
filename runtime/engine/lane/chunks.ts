import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { keys, runtimeKeys, streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type CommitRequest, chunkSize, type PackedRequest, packRequest } from '../commit/commit.ts';
import type { Facts } from './facts.ts';
import type { LaneNames } from './identity.ts';
import type { Judged } from './judging.ts';

/** How long a judgment may be on its way to its commit: figures change, and plans grow old. */
const JUDGED_FOR_MS = 5_000;

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

/** What was judged, cut into commits that hold Redis shortly; each names the one before it. */
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
    validUntil: portfolio.simulatedClock ? false : String(facts.nowMs + JUDGED_FOR_MS),
    guards: [{ key: policy, field: 'version', value: facts.policyVersion ?? false }, ...facts.guards()],
    messages: judged.map((one) => one.packed),
  };
}

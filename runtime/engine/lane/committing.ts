import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type BestEffort, type Count, type Effect, innerEffects } from '../../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type CommitResult, commit } from '../commit/commit.ts';
import type { PackedEffect } from '../commit/request.ts';
import type { Metrics } from '../status/metrics.ts';
import type { CommitChunk } from './chunks.ts';
import type { Continuity } from './continuity.ts';
import type { LaneNames } from './identity.ts';
import { type Judged, messageOf } from './judging.ts';
import type { Item } from './reader.ts';

/** What a lane tells of its commits with. */
interface ResultsDeps {
  readonly portfolio: Portfolio;
  readonly handler: AnyHandler;
  readonly names: LaneNames;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Called when a commit put something into the outbox. */
  readonly onOutbox: () => void;
}

/** What a lane commits with. */
export interface CommittingDeps extends ResultsDeps {
  readonly redis: Redis;
  readonly continuity: Continuity;
}

/** Says that the lane cannot go on for now, and waits; rejects when the lane is to stop. */
export type Hold = (problem: string) => Promise<void>;

/** Thrown when the group is gone: it has to be created again, and its entries come again. */
export class GroupLost extends Error {}

/** Commits what was judged. */
export class Committer {
  /** What its commits lead to in this process. */
  readonly results: Results;
  readonly #deps: CommittingDeps;
  readonly #hold: Hold;
  #answered: { readonly judged: readonly Judged[]; readonly results: readonly CommitResult[] }[] = [];

  constructor(deps: CommittingDeps, hold: Hold) {
    this.#deps = deps;
    this.#hold = hold;
    this.results = new Results(deps);
  }

  /**
   * Sends all chunks at once and returns the items that have to be judged again, in order. Redis refuses a chunk that
   * overtook another. For a gate that reads what it writes, the state token refuses every message behind one that was not
   * committed as it was judged. What follows from it in this process waits for `follow`.
   */
  async commit(chunks: readonly CommitChunk[]): Promise<Item[]> {
    const sent = chunks.map((chunk) => ({ chunk, reply: this.#send(chunk) }));
    const all = Promise.allSettled(sent.map(({ reply }) => reply));
    const again: Item[] = [];
    try {
      for (const { chunk, reply } of sent) again.push(...(await this.#settled(chunk.judged, await reply)));
    } finally {
      await all;
    }
    return again;
  }

  /** Applies the counts and log lines of what was committed: apart, so that Redis may get the next commit first. */
  follow(): void {
    for (const { judged, results } of this.#answered.splice(0)) {
      for (const [at, one] of judged.entries()) this.results.follow(one, results[at] as CommitResult);
    }
  }

  async #send({ request, packed }: CommitChunk): Promise<CommitResult[]> {
    const { redis, continuity } = this.#deps;
    for (;;) {
      try {
        let behind: number | undefined;
        const results = await commit(redis, request, packed, (commits) => {
          if (continuity.committed(commits)) behind = commits;
        });
        if (behind !== undefined) await continuity.mark(behind);
        return results;
      } catch (error) {
        await this.#hold(`commit failed: ${messageOf(error)}`);
      }
    }
  }

  async #settled(judged: readonly Judged[], results: readonly CommitResult[]): Promise<Item[]> {
    const again: Item[] = [];
    let blocked: string | undefined;
    this.results.countAll(results);
    this.#answered.push({ judged, results });
    for (const [at, one] of judged.entries()) {
      const result = results[at] as CommitResult;
      if (result.status === 'nogroup') throw new GroupLost(`${this.#deps.names.stream} ${this.#deps.names.group}`);
      if (result.status === 'conflict') again.push(one.item);
      else if (result.status === 'full') {
        blocked = fullProblem(this.#deps.portfolio, result.key);
        again.push(one.item);
      } else if (result.status === 'refused') {
        if (isOwnKey(one, result.key)) this.#refuse(one.item, result.key);
        else blocked = `${result.key} is of another type than expected; rename or delete it`;
        again.push(one.item);
      }
    }
    if (blocked === undefined) return again;
    this.follow();
    await this.#hold(blocked);
    return again;
  }

  #refuse(item: Item, key: string): void {
    const reason = `wrong_type: ${key}`;
    if (item.failure === undefined) item.failure = { reason, attempts: item.attempts + 1 };
    else item.dead = reason;
  }
}

/** Whether a key that refused a commit belongs to this message alone, so that the message fails and not its lane. */
function isOwnKey(judged: Judged, key: string): boolean {
  return judged.outcome.effects.some((effect, at) => ownsKey(effect, judged.packed.effects[at], key));
}

function ownsKey(effect: Effect, packed: PackedEffect | undefined, key: string): boolean {
  if (packed === undefined || effect.do === 'emit' || effect.do === 'later' || effect.scope === 'shared') return false;
  if (packed.key === key || packed.newer === key) return true;
  const inner = [...(packed.taken ?? []), ...(packed.gone ?? []), ...(packed.expired ?? [])];
  return innerEffects(effect).some((one, at) => ownsKey(one, inner[at], key));
}

function fullProblem({ prefix }: Portfolio, key: string): string {
  const name = key.replace(`${prefix}:`, '').replace(/^stream:/, '');
  return `${key} takes no more entries, its last id is the highest there is; portcullis streams repair ${name} --reason …`;
}

type Status = CommitResult['status'];

/** What follows from commits in this process: counts, log lines, and a call when the outbox has something. */
class Results {
  readonly #deps: ResultsDeps;

  constructor(deps: ResultsDeps) {
    this.#deps = deps;
  }

  /** Counts messages that ended in a way, or did not end yet. */
  count(result: Status, by = 1): void {
    this.#apply([{ metric: 'portcullis_messages_total', labels: { handler: this.#deps.handler.name, result }, by }]);
  }

  /** The same for each message of a commit. */
  countAll(results: readonly CommitResult[]): void {
    const numbers = new Map<Status, number>();
    for (const { status } of results) numbers.set(status, (numbers.get(status) ?? 0) + 1);
    for (const [status, number] of numbers) this.count(status, number);
  }

  /** Applies the counts and log lines that waited for the commit of a message. */
  follow(one: Judged, result: CommitResult): void {
    const { log } = this.#deps;
    if (result.status === 'duplicate') this.#apply(one.outcome.dedupe?.counts);
    if (result.status === 'torn') log.error({ source_id: one.item.id }, `commit torn: ${result.error}`);
    if (result.status !== 'done') return;
    this.#apply(one.outcome.counts);
    for (const line of one.outcome.log ?? []) log[line.level](line.text);
    this.#bestEfforts(one, result.failedBestEfforts);
    if (one.outcome.effects.some(putsIntoOutbox)) this.#deps.onOutbox();
    const reason = one.item.dead ?? one.item.failure?.reason;
    if (reason !== undefined) this.#deadLetter(one, reason);
  }

  #deadLetter({ item }: Judged, reason: string): void {
    const { log, names, handler } = this.#deps;
    if (item.message === undefined) this.#apply(handler.laneCounts?.unreadable);
    log.warn({ source_id: item.id, reason }, `dead letter ${item.id} of ${names.stream}: ${reason}`);
    this.#apply([{ metric: 'portcullis_dead_letters_total', labels: { handler: handler.name } }]);
  }

  #bestEfforts(one: Judged, failed: readonly number[]): void {
    if (!one.packed.effects.some(isBestEffort)) return;
    for (const [at, bestEffort] of bestEffortsOf(one.outcome.effects).entries()) {
      if (failed.includes(-(at + 1))) continue;
      const applied = !failed.includes(at + 1);
      this.#apply(applied ? bestEffort.applied : bestEffort.failed);
      if (!applied && bestEffort.warning !== undefined) {
        this.#deps.log.warn({ source_id: one.item.id }, bestEffort.warning);
      }
    }
  }

  #apply(counts: readonly Count[] | undefined): void {
    this.#deps.metrics.apply(counts, this.#deps.portfolio.prefix);
  }
}

function isBestEffort({ op, best }: PackedEffect): boolean {
  return best !== undefined || op === 'take';
}

function putsIntoOutbox(effect: Effect): boolean {
  return effect.do === 'later' || innerEffects(effect).some(putsIntoOutbox);
}

function bestEffortsOf(effects: readonly Effect[]): BestEffort[] {
  const found: BestEffort[] = [];
  for (const effect of effects) {
    if (effect.bestEffort !== undefined) found.push(effect.bestEffort);
    found.push(...bestEffortsOf(innerEffects(effect)));
  }
  return found;
}

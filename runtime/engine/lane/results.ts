import { type BestEffort, type Effect, innerEffects } from '../../../handlers/contract/effects.ts';
import type { CommitResult } from '../commit/commit.ts';
import type { PackedEffect } from '../commit/request.ts';
import type { Judged } from './judging.ts';
import type { LaneDeps } from './processor.ts';

type Status = CommitResult['status'];

/** What follows from commits in this process: counts, log lines, and a word that the outbox has something. */
export class Results {
  readonly #deps: LaneDeps;

  constructor(deps: LaneDeps) {
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

  /** Lets happen what waited for a message to be committed. */
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

  #apply(counts: Parameters<LaneDeps['metrics']['apply']>[0]): void {
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

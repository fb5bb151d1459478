import type { Check, Outcome } from '../../handlers/contract/effects.ts';
import type { Handler } from '../../handlers/contract/handler.ts';
import type { FactsOf, Read } from '../../handlers/contract/reads.ts';
import cooldownExpiry from '../../handlers/cooldown-expiry.ts';
import governor from '../../handlers/governor/index.ts';
import results from '../../handlers/governor-results.ts';
import watcher from '../../handlers/governor-watch.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import { type ProofKind, proofKinds } from '../../schemas/effect-proof.ts';
import { keys } from '../../schemas/keys.ts';
import { judge } from './fake-ctx.ts';
import { MemoryWorld } from './memory-world.ts';

/** An OPEN plan that every gate lets pass in a world as it begins: 0.001 BTC at 50,000, so 50 dollars. */
export const OPEN_PLAN = {
  plan_id: 'p1',
  symbol: 'BTCUSDT',
  action: 'OPEN_LONG',
  side: 'BUY',
  qty: '0.001',
  price: '50000',
};

/** A permit or block as an executor reads it. */
export interface Verdict {
  readonly checks: readonly Check[];
  readonly [field: string]: unknown;
}

/** What a judgment has besides what is in force. */
interface Besides {
  readonly settings?: Record<string, string>;
  readonly trialOf?: string | undefined;
  readonly mode?: string;
}

/** The governor, what works beside it, and what Redis would hold around them. */
export class GovernorWorld extends MemoryWorld {
  mode = 'testnet';
  /** The environment's: facts are read by them alone. */
  settings: Record<string, string> = {};
  /** Limits that a policy sets instead. */
  policy: Record<string, string> = {};
  /** Limits of a candidate policy, beside those in force. */
  candidate: { readonly version: string; readonly settings: Record<string, string> } | undefined;
  readonly #done = new Set<string>();
  #sequence = 0;

  /** Judges a plan and commits what was decided. */
  plan(fields: Record<string, string>, sourceId = this.nextId()): Outcome {
    return this.#run(governor, fields, sourceId);
  }

  /** What the candidate says of a plan; nothing of it is committed. */
  trial(fields: Record<string, string>): Outcome {
    const { version: trialOf, settings = {} } = this.candidate ?? {};
    return this.#judged(governor, fields, this.nextId(), { settings, trialOf });
  }

  /** Lets the governor read an executor's answer. */
  result(fields: Record<string, string>, sourceId = this.nextId()): Outcome {
    return this.#run(results, fields, sourceId);
  }

  /** One turn of the watcher. */
  watch(): Outcome {
    return this.#run(watcher, {}, this.nextId());
  }

  /** One cycle of budgets, in a mode of its own. */
  cycle(mode: string, sourceId = this.nextId()): Outcome {
    const tick = { tick_id: sourceId, scheduled_ms: String(this.nowMs) };
    return this.#commit(this.#judged(riskGovernor, tick, sourceId, { mode }));
  }

  /** A proposed exit, in a mode of the heat gate's own. */
  exit(fields: Record<string, string>, mode: string, sourceId = this.nextId()): Outcome {
    return this.#commit(this.#judged(heatGate, fields, sourceId, { mode }));
  }

  /** Waits for the cooldown jobs that are there, and runs them. */
  runJobs(): void {
    for (const job of this.jobs.splice(0)) {
      this.nowMs = Math.max(this.nowMs, job.dueMs);
      this.#run(cooldownExpiry, { ...job.fields }, this.nextId());
    }
  }

  /** A plan that cannot be judged. */
  fail(fields: Record<string, string>): Outcome {
    const around = {
      mode: this.mode,
      nowMs: this.nowMs,
      sourceId: this.nextId(),
      portfolio: 'quantum',
      source: fields,
    };
    const settings = governor.settings.parse(this.settings);
    const failure = { reason: 'boom', attempts: 3 };
    return this.#commit(governor.onFailure(governor.message.parse(fields), failure, { ...around, settings }));
  }

  /** Takes a permit as an executor does: with one GETDEL. */
  take(planId: string): Verdict | undefined {
    const permit = this.permit(planId);
    this.texts.delete(keys.permit(planId));
    return permit;
  }

  permit(planId: string): Verdict | undefined {
    return this.#json(keys.permit(planId));
  }

  block(planId: string): Verdict | undefined {
    return this.#json(keys.block(planId));
  }

  /** The plan ids that reserve something. */
  reserved(): readonly string[] {
    return Object.keys(this.hashes.get(keys.reserved) ?? {});
  }

  /** How often each fact of the effect proof was counted. */
  proven(): Readonly<Partial<Record<ProofKind, number>>> {
    const totals = this.hashes.get(keys.effectProof) ?? {};
    const counted = proofKinds.filter((kind) => totals[kind] !== undefined);
    return Object.fromEntries(counted.map((kind) => [kind, Number(totals[kind])]));
  }

  nextId(): string {
    this.#sequence += 1;
    return `${this.nowMs}-${this.#sequence}`;
  }

  #json(key: string): Verdict | undefined {
    const text = this.texts.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as Verdict);
  }

  #run<M, S, R extends Record<string, Read<unknown>>>(
    handler: Handler<M, S, R>,
    fields: Record<string, string>,
    sourceId: string,
  ): Outcome {
    return this.#commit(this.#judged(handler, fields, sourceId, {}));
  }

  #judged<M, S, R extends Record<string, Read<unknown>>>(
    handler: Handler<M, S, R>,
    fields: Record<string, string>,
    sourceId: string,
    { settings = {}, trialOf, mode = this.mode }: Besides,
  ): Outcome {
    const texts = { ...this.settings, ...this.policy, ...settings };
    const reads = handler.reads(handler.message.parse(fields), handler.settings.parse(this.settings));
    const facts = this.#facts(reads, handler.settings.parse(texts));
    const { version, settings: limits } = this.candidate ?? {};
    const heeded = version !== undefined && handler.heedsCandidate === true;
    const candidate = heeded ? { version, settings: handler.settings.parse({ ...texts, ...limits }) } : undefined;
    const around = { facts, settings: texts, mode, nowMs: this.nowMs, sourceId, candidate, trialOf };
    return judge(handler, fields, around);
  }

  #facts<S, R extends Record<string, Read<unknown>>>(reads: R, settings: S): FactsOf<R> {
    const facts = Object.entries(reads).map(([name, read]) => [name, this.factOf(read, settings)]);
    return Object.fromEntries(facts) as FactsOf<R>;
  }

  #commit(outcome: Outcome): Outcome {
    const marker = outcome.dedupe?.key;
    if (marker !== undefined && this.#done.has(marker)) return outcome;
    if (marker !== undefined) this.#done.add(marker);
    for (const effect of outcome.effects) this.apply(effect);
    return outcome;
  }
}

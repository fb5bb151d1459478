import { type Check, type Effect, type Outcome, wholeText } from '../../handlers/contract/effects.ts';
import type { Handler } from '../../handlers/contract/handler.ts';
import { type FactsOf, LOWEST_READ, type Read } from '../../handlers/contract/reads.ts';
import cooldownExpiry from '../../handlers/cooldown-expiry.ts';
import governor from '../../handlers/governor/index.ts';
import results from '../../handlers/governor-results.ts';
import watcher from '../../handlers/governor-watch.ts';
import { type ProofKind, proofKinds, WATCHED_SINCE } from '../../schemas/effect-proof.ts';
import { keys } from '../../schemas/keys.ts';
import { type FakeViews, fakeViews, hashFact, judge, NOW_MS, textFact } from './fake-ctx.ts';

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

/** A cooldown job, and the Unix ms at which it is due. */
type Job = Extract<Effect, { do: 'later' }> & { readonly dueMs: number };

/** What Redis would hold around the governor: effects of its handlers apply to it as the runtime commits them. */
export class GovernorWorld {
  nowMs = NOW_MS;
  mode = 'testnet';
  /** The environment's: facts are read by them alone. */
  settings: Record<string, string> = {};
  /** Limits that a policy sets instead. */
  policy: Record<string, string> = {};
  /** Limits of a candidate policy, beside those in force. */
  candidate: { readonly version: string; readonly settings: Record<string, string> } | undefined;
  views: FakeViews = {};
  /** Keys of another type than their readers expect. */
  readonly wrong = new Set<string>();
  readonly texts = new Map<string, string>();
  readonly hashes = new Map<string, Record<string, string>>([
    [keys.portfolioState, { positions_count: '0', timestamp: String(NOW_MS / 1000 - 10) }],
    [keys.effectProof, { [WATCHED_SINCE]: String(NOW_MS - 3_600_000) }],
  ]);
  readonly sets = new Map<string, Map<string, number>>();
  readonly events: Record<string, string>[] = [];
  readonly ledger: Record<string, string>[] = [];
  readonly jobs: Job[] = [];
  /** Texts in each mailbox, oldest first. */
  readonly mailboxes = new Map<string, string[]>();
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
    { settings = {}, trialOf }: { settings?: Record<string, string>; trialOf?: string | undefined },
  ): Outcome {
    const texts = { ...this.settings, ...this.policy, ...settings };
    const reads = handler.reads(handler.message.parse(fields), handler.settings.parse(this.settings));
    const facts = this.#facts(reads, handler.settings.parse(texts));
    const { version, settings: limits } = this.candidate ?? {};
    const heeded = version !== undefined && handler.heedsCandidate === true;
    const candidate = heeded ? { version, settings: handler.settings.parse({ ...texts, ...limits }) } : undefined;
    const around = { facts, settings: texts, mode: this.mode, nowMs: this.nowMs, sourceId, candidate, trialOf };
    return judge(handler, fields, around);
  }

  #facts<S, R extends Record<string, Read<unknown>>>(reads: R, settings: S): FactsOf<R> {
    const facts = Object.entries(reads).map(([name, read]) => [name, this.#fact(read, settings)]);
    return Object.fromEntries(facts) as FactsOf<R>;
  }

  #fact(read: Read<unknown>, settings: unknown): unknown {
    switch (read.read) {
      case 'text':
        return this.wrong.has(read.key) ? { text: null, wrongType: true } : textFact(this.texts.get(read.key) ?? null);
      case 'hash':
        return this.wrong.has(read.key)
          ? { fields: null, wrongType: true }
          : hashFact(this.hashes.get(read.key) ?? null);
      case 'scores':
        if (this.wrong.has(read.key)) return null;
        return [...(this.sets.get(read.key) ?? [])]
          .map(([member, score]) => ({ member, score }))
          .sort((one, other) => one.score - other.score)
          .slice(0, read.lowest === true ? LOWEST_READ : Number.POSITIVE_INFINITY);
      case 'computed':
        return read.compute(fakeViews(this.views), settings as never, this.nowMs).value;
    }
  }

  #commit(outcome: Outcome): Outcome {
    const marker = outcome.dedupe?.key;
    if (marker !== undefined && this.#done.has(marker)) return outcome;
    if (marker !== undefined) this.#done.add(marker);
    for (const effect of outcome.effects) this.#apply(effect);
    return outcome;
  }

  #apply(effect: Effect): void {
    switch (effect.do) {
      case 'emit':
        (effect.stream === 'governor.events' ? this.events : this.ledger).push({ ...effect.fields });
        return;
      case 'set':
        this.texts.set(effect.key, wholeText(effect.value));
        return;
      case 'push':
        this.mailboxes.set(effect.key, [...(this.mailboxes.get(effect.key) ?? []), wholeText(effect.value)]);
        return;
      case 'del':
        this.texts.delete(effect.key);
        this.hashes.delete(effect.key);
        this.wrong.delete(effect.key);
        return;
      case 'hset':
        this.hashes.set(effect.key, { ...(effect.replace !== true && this.hashes.get(effect.key)), ...effect.fields });
        return;
      case 'hdel':
        for (const field of effect.fields) delete this.hashes.get(effect.key)?.[field];
        return;
      case 'later':
        this.jobs.push({ ...effect, dueMs: this.nowMs + effect.delayMs });
        return;
      case 'hincr': {
        const hash = this.hashes.get(effect.key) ?? {};
        const sum = Number(hash[effect.field] ?? '0') + effect.by;
        this.hashes.set(effect.key, { ...hash, [effect.field]: String(sum) });
        return;
      }
      case 'take':
        for (const inner of this.#wayOf(effect)) this.#apply(inner);
        return;
      default:
        this.#applyToSet(effect);
    }
  }

  #wayOf({ key, member, taken, gone, expiry }: Extract<Effect, { do: 'take' }>): readonly Effect[] {
    const was = member === undefined ? this.texts.delete(key) : this.sets.get(key)?.delete(member) === true;
    if (was) return taken;
    return expiry !== undefined && this.nowMs >= expiry.fromMs ? expiry.effects : gone;
  }

  #applyToSet(effect: Extract<Effect, { do: 'zadd' | 'zrem' | 'ztrim' }>): void {
    const set = this.sets.get(effect.key) ?? new Map<string, number>();
    this.sets.set(effect.key, set);
    if (effect.do === 'zadd') set.set(effect.member, effect.score);
    else if (effect.do === 'zrem') for (const member of effect.members) set.delete(member);
    else for (const [member, score] of set) if (score < effect.belowScore) set.delete(member);
  }
}

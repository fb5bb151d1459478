import { type Effect, wholeText } from '../../handlers/contract/effects.ts';
import { LOWEST_READ, type Read } from '../../handlers/contract/reads.ts';
import { WATCHED_SINCE } from '../../schemas/effect-proof.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { ReportedViolation } from '../../schemas/risk-governor.ts';
import { type FakeViews, fakeViews, hashFact, NOW_MS, textFact } from './fake-ctx.ts';

/** A cooldown job, and the Unix ms at which it is due. */
type Job = Extract<Effect, { do: 'later' }> & { readonly dueMs: number };

/** What Redis would hold of a portfolio: effects apply to it as the runtime commits them, and facts are read of it. */
export abstract class MemoryWorld {
  nowMs = NOW_MS;
  views: FakeViews = {};
  /** Keys of another type than their readers expect. */
  readonly wrong = new Set<string>();
  readonly texts = new Map<string, string>();
  readonly hashes = new Map<string, Record<string, string>>([
    [keys.portfolioState, { positions_count: '0', timestamp: String(NOW_MS / 1000 - 10) }],
    [keys.effectProof, { [WATCHED_SINCE]: String(NOW_MS - 3_600_000) }],
  ]);
  readonly #goneAtMs = new Map<string, number>();
  readonly sets = new Map<string, Map<string, number>>();
  readonly events: Record<string, string>[] = [];
  readonly ledger: Record<string, string>[] = [];
  readonly jobs: Job[] = [];
  /** Texts in each mailbox, oldest first. */
  readonly mailboxes = new Map<string, string[]>();

  /** A text, while its key lives. */
  #text(key: string): string | null {
    if (this.nowMs >= (this.#goneAtMs.get(key) ?? Number.POSITIVE_INFINITY)) this.texts.delete(key);
    return this.texts.get(key) ?? null;
  }

  /** A fact as a batch reads it. */
  protected factOf(read: Read<unknown>, settings: unknown): unknown {
    switch (read.read) {
      case 'text':
        return this.wrong.has(read.key) ? { text: null, wrongType: true } : textFact(this.#text(read.key));
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

  /** Applies an effect as a commit does. */
  protected apply(effect: Effect): void {
    switch (effect.do) {
      case 'emit':
        if (effect.stream === streams.violations) this.#report(effect.fields.json ?? '');
        else (effect.stream === 'governor.events' ? this.events : this.ledger).push({ ...effect.fields });
        return;
      case 'set':
        this.texts.set(effect.key, wholeText(effect.value));
        this.#goneAtMs.set(effect.key, this.nowMs + (effect.ttlSec ?? Number.POSITIVE_INFINITY) * 1000);
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
        for (const inner of this.#wayOf(effect)) this.apply(inner);
        return;
      default:
        this.#applyToSet(effect);
    }
  }

  #report(json: string): void {
    const { symbol, timestamp = 0 } = ReportedViolation.parse(JSON.parse(json));
    this.views = { ...this.views, violations: { ...this.views.violations, [symbol]: timestamp * 1000 } };
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

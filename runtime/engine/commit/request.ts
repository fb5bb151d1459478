import { checksJson } from '../../../handlers/contract/checks-json.ts';
import type { Decision, Effect, PiecedText, SourceCopy, WriteFields } from '../../../handlers/contract/effects.ts';
import { FACTS_ENTRY } from '../../../schemas/decision-facts.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { toEpochSeconds } from '../../../schemas/time.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type SharedFacts, wholeFacts } from './shared-facts.ts';
import { copiedFields } from './source-copy.ts';

/** An effect as the commit script takes it: whole key names, flat fields, all values as strings. */
export interface PackedEffect {
  op: Effect['do'] | 'dead';
  key: string;
  type?: string;
  fields?: string[];
  value?: PiecedText;
  ttl?: number;
  keep?: number;
  score?: string;
  member?: string;
  members?: readonly string[];
  below?: string;
  replace?: boolean;
  copy?: { omit: readonly string[]; rename: readonly string[] };
  chained?: true;
  unless?: { field: string; at: number };
  newer?: string;
  /** Its times count from the commit: they are moved on by how long after the judgment that comes. Of a hash: these members of JSON values. */
  late?: true | readonly string[];
  /** Number (from 1) of the best effort this is. */
  best?: number;
  taken?: PackedEffect[];
  gone?: PackedEffect[];
  /** From when on (Unix ms) a key that is gone may have expired, and what applies then. */
  expires?: string;
  expired?: PackedEffect[];
}

/** A message as it is committed. */
export interface PackedMessage {
  id: string;
  effects: PackedEffect[];
  log?: readonly PiecedText[];
  /** What the log names instead of saying it. */
  shared?: SharedFacts;
  copies?: boolean;
  dedupe?: { key: string; ttl: number };
  token?: string;
  nextToken?: string;
}

const TYPES: Readonly<Record<Effect['do'], string | undefined>> = {
  emit: 'stream',
  hset: 'hash',
  set: 'string',
  push: 'list',
  del: undefined,
  hdel: 'hash',
  hincr: 'hash',
  zadd: 'zset',
  zrem: 'zset',
  ztrim: 'zset',
  later: 'zset',
  take: undefined,
};

/** Turns effects into what the commit script takes. Throws on one that Redis would refuse once the entry is acknowledged. */
export class EffectPacker {
  readonly #portfolio: Portfolio;
  readonly #nowMs: number;
  readonly #source: readonly string[] | undefined;
  #best = 0;

  /** `source` are the flat fields of the source entry where they are known exactly; without them Redis copies its own. */
  constructor(portfolio: Portfolio, nowMs: number, source?: readonly string[]) {
    this.#portfolio = portfolio;
    this.#nowMs = nowMs;
    this.#source = source;
  }

  /** The effects packed, best efforts numbered in order from 1. */
  pack(effects: readonly Effect[]): PackedEffect[] {
    return effects.map((effect) => this.#one(effect));
  }

  #one(effect: Effect): PackedEffect {
    const packed: PackedEffect = { op: effect.do, key: this.#keyOf(effect) };
    const type = TYPES[effect.do];
    if (type !== undefined) packed.type = type;
    if (effect.bestEffort !== undefined) packed.best = ++this.#best;
    if (effect.ifNewer === true) packed.newer = this.#portfolio.key(runtimeKeys.newest(packed.key));
    this.#fill(packed, effect);
    if (effect.do === 'push') packed.keep = effect.keep;
    if ('fromCommit' in effect && effect.fromCommit !== undefined) packed.late = effect.fromCommit;
    const problem = problemOf(packed);
    if (problem !== undefined) throw new Error(`${effect.do} ${packed.key}: ${problem}`);
    return packed;
  }

  #keyOf(effect: Effect): string {
    if (effect.do === 'emit') return this.#portfolio.streamKey(effect.stream);
    if (effect.do === 'later') return this.#portfolio.key(runtimeKeys.outbox);
    return this.#portfolio.key(effect.key);
  }

  #fill(packed: PackedEffect, effect: Effect): void {
    switch (effect.do) {
      case 'emit':
        this.#fields(packed, effect);
        if (effect.chained === true) packed.chained = true;
        return;
      case 'hset':
        this.#fields(packed, effect);
        if (effect.replace === true) packed.replace = true;
        if (effect.ttlSec !== undefined) packed.ttl = effect.ttlSec;
        if (effect.unlessNewer !== undefined) {
          packed.unless = { field: effect.unlessNewer.field, at: effect.unlessNewer.atMs };
        }
        return;
      case 'set':
      case 'push':
        packed.value = effect.value;
        if (effect.ttlSec !== undefined) packed.ttl = effect.ttlSec;
        return;
      case 'del':
        return;
      case 'hdel':
        packed.fields = [...effect.fields];
        return;
      case 'zadd':
        packed.score = formatNumber(effect.score);
        packed.member = effect.member;
        if (effect.ttlSec !== undefined) packed.ttl = effect.ttlSec;
        return;
      case 'zrem':
        packed.members = effect.members;
        return;
      case 'ztrim':
        packed.below = formatNumber(effect.belowScore);
        return;
      case 'later':
        packed.op = 'zadd';
        packed.late = true;
        packed.score = formatNumber(this.#nowMs + effect.delayMs);
        packed.member = JSON.stringify({ handler: effect.handler, id: effect.id, fields: effect.fields });
        return;
      case 'take':
        this.#take(packed, effect);
        return;
      case 'hincr':
        packed.fields = [effect.field];
        packed.value = formatNumber(effect.by);
    }
  }

  /** Under a simulated clock Redis cannot tell at the commit what time it is: the time of the judgment decides. */
  #take(packed: PackedEffect, { member, taken, gone, expiry }: Extract<Effect, { do: 'take' }>): void {
    if (member !== undefined) {
      packed.type = 'zset';
      packed.member = member;
    }
    packed.taken = this.pack(taken);
    packed.gone = this.pack(gone);
    if (expiry === undefined) return;
    packed.expired = this.pack(expiry.effects);
    if (!this.#portfolio.simulatedClock) packed.expires = formatNumber(expiry.fromMs);
    else if (this.#nowMs >= expiry.fromMs) packed.expires = '0';
  }

  #fields(packed: PackedEffect, { fields, source }: { fields: WriteFields; source?: SourceCopy }): void {
    packed.fields = flat(fields);
    if (source === undefined) return;
    if (this.#source === undefined) packed.copy = source;
    else packed.fields.push(...copiedFields(this.#source, source));
  }
}

function flat(fields: WriteFields): string[] {
  const all: string[] = [];
  for (const name of Object.keys(fields)) all.push(name, fields[name] as string);
  return all;
}

function problemOf({ op, fields, copy, ttl }: PackedEffect): string | undefined {
  const writesFields = op === 'emit' || op === 'hset';
  if (writesFields && fields?.length === 0 && copy === undefined) return 'expected at least one field, got none';
  if (ttl === undefined || (Number.isSafeInteger(ttl) && ttl > 0)) return undefined;
  return `expected a time to live of whole seconds from 1 on, got ${ttl}`;
}

/** What a decision-log entry says besides the decision itself. */
export interface LogContext {
  readonly sourceStream: string;
  readonly sourceId: string;
  readonly handler: string;
  readonly portfolio: string;
  readonly mode: string;
  readonly policyVersion: string;
  readonly nowMs: number;
}

/** The flat fields of a decision-log entry. `candidate`: what the candidate policy says; `shared`: facts that are named and not said. */
export function logEntry(
  decision: Decision,
  context: LogContext,
  candidate?: PiecedText,
  shared?: SharedFacts,
): PiecedText[] {
  return [
    'verdict',
    decision.verdict,
    'reason',
    decision.reason,
    'handler',
    context.handler,
    'source_stream',
    context.sourceStream,
    'source_id',
    context.sourceId,
    'portfolio',
    context.portfolio,
    'symbol',
    decision.symbol ?? '',
    'plan_id',
    decision.planId ?? '',
    'action',
    decision.action ?? '',
    ...(decision.strategy === undefined ? [] : ['strategy', decision.strategy]),
    'mode',
    context.mode,
    'policy',
    context.policyVersion,
    'checks',
    checksJson(decision.checks ?? []),
    'facts',
    shared === undefined ? wholeFacts(decision) : (decision.facts ?? '{}'),
    ...(shared === undefined ? [] : [FACTS_ENTRY, shared.named]),
    'input',
    decision.input ?? '{}',
    ...(candidate === undefined ? [] : ['candidate', candidate]),
    'timestamp',
    toEpochSeconds(context.nowMs),
  ];
}

/** Whether Redis is to copy the source entry's own fields into any of these effects. */
export function copiesSource(effects: readonly PackedEffect[]): boolean {
  return effects.some(({ copy }) => copy !== undefined);
}

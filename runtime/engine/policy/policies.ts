import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type CandidatePolicy, candidateOf, type Overrides, overridesOf, sameTexts } from '../../../schemas/policy.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Change, operate, Refusal } from '../commit/operation.ts';
import { readInForce } from './in-force.ts';
import { type PolicyGate, policyProblems, valuesUnder } from './policy-gate.ts';
import { policyKeys } from './policy-history.ts';

/** Tries at a change that others keep getting ahead of. */
const MAX_TRIES = 50;

/** The policy of a gate as stored. */
export interface StoredPolicy {
  /** Empty where there is none yet. */
  readonly version: string;
  readonly mode: string;
  readonly settings: Overrides;
  readonly candidate: CandidatePolicy | undefined;
  /** The texts of its limits, and of what they must agree with, that the environment of the last start said; undefined before the first start. */
  readonly environment: Overrides | undefined;
  /** The mode and limits that somebody wrote past Portcullis and that are not in force, in words; empty otherwise. */
  readonly foreign: string;
  /** What is stored and cannot be understood, in words; empty otherwise. Workers then judge without it. */
  readonly problem: string;
}

/** A policy that is to be in force. `mode` undefined: the one that is stored stays. */
export interface NextPolicy {
  readonly settings: Overrides;
  readonly mode?: string;
  /** The version that this brings back; empty otherwise. */
  readonly restores?: string;
}

/** What a change of policy came to: the limits that changed, by name, with the values that were and are in force. */
export interface PolicyChange {
  readonly gate: string;
  /** Versions before and after; the same where nothing had to change. */
  readonly before: string;
  readonly after: string;
  readonly mode: { readonly before: string; readonly after: string };
  readonly changed: Readonly<Record<string, { readonly before: string; readonly after: string }>>;
}

const PUT = luaScript('portcullisPutPolicy', new URL('./put-policy.lua', import.meta.url));
const CANDIDATE = luaScript('portcullisCandidate', new URL('./candidate.lua', import.meta.url));

/** The policy of a gate as it is in force now; its version is the one that the key names, which a change is worked out on. */
export async function readPolicy(redis: Redis, portfolio: Portfolio, gate: string): Promise<StoredPolicy> {
  const { fields, storedVersion, foreign, wrongType } = await readInForce(redis, portfolio, gate);
  if (wrongType) throw new Refusal(`expected a hash at ${portfolio.key(keys.policy(gate))}, found another type`);
  const { mode, settings, candidate, env_settings: environment } = fields;
  const stored = overridesOf(settings);
  const parsed = candidate ? candidateOf(candidate) : undefined;
  const problems = [
    ...(stored === undefined ? [`settings is no JSON object of texts: ${settings}`] : []),
    ...(candidate && parsed === undefined ? [`candidate is no candidate: ${candidate}`] : []),
  ];
  return {
    version: storedVersion,
    mode: mode ?? '',
    settings: stored ?? {},
    candidate: parsed,
    environment: environment ? overridesOf(environment) : undefined,
    foreign,
    problem: problems.join('; '),
  };
}

/**
 * Puts a policy in force in every worker with its next batch: `next` makes it of the one that is stored, and is asked
 * again when somebody else changed that meanwhile, so that of two changes at once both are made, one after the other.
 * Throws a `Refusal` for settings that the gate would not start with. `fallback`: the environment to reckon with where
 * no worker has started yet.
 */
export async function changePolicy(
  redis: Redis,
  portfolio: Portfolio,
  about: PolicyGate,
  change: Change & { readonly action: 'set' | 'rollback'; readonly fallback: Overrides },
  next: (stored: StoredPolicy) => NextPolicy,
): Promise<PolicyChange> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = await readPolicy(redis, portfolio, about.gate);
    const policy = next(stored);
    const made = plannedChange(about, stored, change.fallback, policy);
    if (made.after === made.before) return made;
    if (await put(redis, portfolio, about, change, { stored, policy, made })) return made;
  }
  throw new Refusal(`the policy of ${about.gate} changed ${MAX_TRIES} times meanwhile: try again`);
}

/** What a policy would change in force; throws a `Refusal` for one that the gate would not start with. */
export function plannedChange(
  about: PolicyGate,
  stored: StoredPolicy,
  fallback: Overrides,
  policy: NextPolicy,
): PolicyChange {
  const environment = environmentOf(about, stored, fallback);
  const problems = policyProblems(about, environment, policy.settings);
  if (problems.length > 0) throw new Refusal(problems.join('\n'));
  return changeBetween(about, environment, stored, policy);
}

/** The texts that the environment of the gate's workers says of its limits, as far as is known: `fallback` before their first start. */
export function environmentOf(about: PolicyGate, stored: StoredPolicy, fallback: Overrides): Overrides {
  return stored.environment ?? limitsIn(about, fallback);
}

/** Puts a candidate beside the policy in force, or takes it away (`undefined`); answers the JSON text of the one before. */
export async function setCandidate(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  candidate: CandidatePolicy | undefined,
  change: Change,
): Promise<string> {
  const text = candidate === undefined ? '' : JSON.stringify(candidate);
  const more = { keys: [portfolio.key(keys.policy(gate))], args: [gate, text] };
  return (await operate<{ before: string }>(redis, portfolio, CANDIDATE, change, more)).before;
}

/**
 * Brings the policy of a gate in line with the environment of a worker that starts: a limit of which the environment
 * says something else than at the last start is the environment's again. What an operator set of others stands, unless
 * it cannot stand beside the new values. Between starts only an environment that is gone (after FLUSHALL) is noted
 * again. Answers what changed in force, or `undefined`.
 */
export async function ensurePolicy(
  redis: Redis,
  portfolio: Portfolio,
  about: PolicyGate,
  texts: Overrides,
  options: { readonly starting: boolean },
): Promise<PolicyChange | undefined> {
  const environment = limitsIn(about, texts);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = await readPolicy(redis, portfolio, about.gate);
    const known = stored.environment;
    if (known !== undefined && (!options.starting || sameTexts(known, environment))) return undefined;
    const policy = { settings: standing(about, stored, environment) };
    const made = changeBetween(about, environment, stored, policy);
    const change = { actor: 'environment', reason: 'the environment says so', action: 'environment' } as const;
    if (await put(redis, portfolio, about, change, { stored, policy, made, environment })) {
      return made.after === made.before ? undefined : made;
    }
  }
  return undefined;
}

function standing(about: PolicyGate, stored: StoredPolicy, environment: Overrides): Overrides {
  const was = stored.environment ?? environment;
  const kept = Object.fromEntries(Object.entries(stored.settings).filter(([name]) => was[name] === environment[name]));
  return Object.keys(kept).length > 0 && policyProblems(about, environment, kept).length === 0 ? kept : {};
}

/** Of the environment's texts, those of the gate's limits and of what these must agree with, in their order. */
function limitsIn({ limits, beside }: PolicyGate, texts: Overrides): Overrides {
  return Object.fromEntries(
    [...limits, ...beside].flatMap((name) => (texts[name] === undefined ? [] : [[name, texts[name]]])),
  );
}

function changeBetween(
  about: PolicyGate,
  environment: Overrides,
  stored: StoredPolicy,
  policy: NextPolicy,
): PolicyChange {
  const mode = { before: stored.mode, after: policy.mode ?? stored.mode };
  const changed = changedLimits(about, environment, stored.settings, policy.settings);
  const same = sameTexts(stored.settings, policy.settings) && mode.before === mode.after && stored.problem === '';
  const version = same && policy.restores === undefined ? stored.version : randomUUID();
  return { gate: about.gate, before: stored.version, after: version, mode, changed };
}

function changedLimits(
  about: PolicyGate,
  environment: Overrides,
  stored: Overrides,
  next: Overrides,
): PolicyChange['changed'] {
  if (Object.keys({ ...stored, ...next }).length === 0) return {};
  const usable = policyProblems(about, environment, stored).length === 0;
  const before = valuesUnder(about, environment, usable ? stored : {});
  const after = valuesUnder(about, environment, next);
  const changed = about.limits.filter((name) => before[name] !== after[name]);
  return Object.fromEntries(changed.map((name) => [name, { before: before[name] ?? '', after: after[name] ?? '' }]));
}

/** Whether it was put in force: false when the stored policy is another one by now. */
async function put(
  redis: Redis,
  portfolio: Portfolio,
  about: PolicyGate,
  change: Change & { readonly action: string },
  step: { stored: StoredPolicy; policy: NextPolicy; made: PolicyChange; environment?: Overrides },
): Promise<boolean> {
  const { stored, policy, made, environment } = step;
  const version = made.after === made.before ? '' : made.after;
  const reply = await operate<{ moved: boolean }>(redis, portfolio, PUT, change, {
    keys: policyKeys(portfolio, about.gate),
    args: [
      about.gate,
      stored.version,
      version,
      change.action,
      policy.restores ?? '',
      JSON.stringify(policy.settings),
      made.mode.after === made.mode.before ? '' : made.mode.after || 'none',
      environment === undefined ? '' : JSON.stringify(environment),
      said(made, 'before'),
      said(made, 'after'),
    ],
  });
  return !reply.moved;
}

function said({ mode, changed }: PolicyChange, when: 'before' | 'after'): string {
  const limits = Object.entries(changed).map(([name, values]) => `${name}=${values[when]}`);
  return [...(mode.before === mode.after ? [] : [`mode=${mode[when]}`]), ...limits].join(' ');
}

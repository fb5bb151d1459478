import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Impact } from '../../../schemas/api/policy.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { environmentOf, type StoredPolicy } from '../../engine/policy/policies.ts';
import { type PolicyGate, settingsUnder } from '../../engine/policy/policy-gate.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { loggedPages } from '../decisions/decision-log.ts';
import { replay, type TimedReplay } from '../replay/index.ts';
import type { AloneCounts } from '../replay/replay.ts';
import { carriers } from '../replay/rules.ts';
import { judgedRules, noteTries, redisTries } from '../replay/tries.ts';
import type { PolicyDeps } from './policy-changes.ts';

/** Longest that somebody who is about to change a limit is kept waiting, for both judgments together. */
const AT_MOST_MS = 5_000;
const SPAN_MS = DAY_MS;
const SHOWN = 5;
const NO_JOINT_JUDGMENT = 'this gate does not say what would be otherwise after its decisions';

/**
 * Judges the decisions of the last 24 hours again by these limits of a gate, each in the mode it was made in: alone, and
 * jointly where the gate can be. Both are of the same decisions, from one reading of the log. Other gates stay as logged.
 * Throws a `Refusal` for limits that the gate would not start with.
 */
export async function impactOf(
  { redis, portfolio, handlers, environment }: PolicyDeps,
  about: PolicyGate,
  stored: StoredPolicy,
  settings: Overrides,
): Promise<Impact> {
  const [handler] = about.handlers;
  const under = (limits: Overrides) => settingsUnder(about, environmentOf(about, stored, environment), limits);
  const rules = (limits: Overrides) => ({ handler, settings: under(limits), mode: undefined });
  const [asked, inForce] = [rules(settings), rules(stored.settings)];
  const nowMs = await portfolioNowMs(redis, portfolio);
  const range = { fromMs: nowMs - SPAN_MS, toMs: nowMs };
  const found = await replay({
    pages: loggedPages(redis, portfolio, range),
    rules: new Map([...carriers(handlers, environment), [handler.name, asked]]),
    filter: { handlers: new Set([handler.name]) },
    range,
    joint: handler.joint !== undefined,
    signal: AbortSignal.timeout(AT_MOST_MS),
  });
  const tried = judgedRules([inForce, asked], found);
  const problem = await noteTries(redisTries(redis, portfolio), found, tried);
  const { replayed: decisions, not_recorded, stopped } = found;
  const both = { ...shown(found.alone ?? found), ...jointly(found, handler) };
  return { decisions, ...both, not_recorded, complete: !stopped, try_counted: problem === undefined };
}

function jointly(found: TimedReplay, { joint }: AnyHandler): Pick<Impact, 'joint' | 'alone_because'> {
  if (joint === undefined) return { joint: null, alone_because: NO_JOINT_JUDGMENT };
  return { joint: { ...shown(found), not_carried: { ...found.not_carried } }, alone_because: '' };
}

function shown({ changed, verdict_changed, changes }: AloneCounts) {
  const most = changes.slice(0, SHOWN).map(({ from, to, count }) => ({ from, to, count }));
  return { changed, verdict_changed, changes: most };
}

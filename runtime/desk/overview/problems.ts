import type { Redis } from 'ioredis';
import { unconfirmedLoss } from '../../../handlers/common/loss-limits/figures.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overview, Problem } from '../../../schemas/api/overview.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { figureWords } from '../../../schemas/risk-text.ts';
import type { LaneStatus } from '../../engine/status/types.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import type { FeedSettings } from '../../settings/feed-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { effectFindings } from '../doctor/effect.ts';
import { feedFindings } from '../doctor/feeds.ts';
import type { Finding } from '../doctor/findings.ts';
import { keyFindings } from '../doctor/keys.ts';
import { lagFinding, modeFindings, setAsideFinding, snapshotsFinding, stateFinding } from '../doctor/now.ts';
import { policyFindings } from '../doctor/policies.ts';
import { DO_ABOUT_RISK, riskUnknownWords } from '../doctor/risk-holds.ts';
import { streamFindings } from '../doctor/streams.ts';
import { webhookFindings } from '../doctor/webhook.ts';
import { activationProblems } from './activation-problems.ts';
import { doneMeanwhile, type HeatLook } from './heat.ts';
import type { GovernorLook } from './limits.ts';
import { lossNow, STREAK } from './loss.ts';

/** What the slower checks look at. */
export interface Checked {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly handlers: readonly AnyHandler[];
  readonly lanes: readonly LaneRef[];
  readonly feeds: FeedSettings | undefined;
  /** The environment's texts, for gates of which no worker ever started. */
  readonly environment: Overrides;
}

/** What the doctor's checks of a running portfolio find wrong. Activations that want to be looked at come first. */
export async function checkedProblems(checked: Checked, nowMs: number): Promise<Problem[]> {
  const { redis, portfolio, handlers } = checked;
  const activations = await activationProblems(redis, portfolio, handlers);
  return [...activations, ...(await checkedFindings(checked, nowMs)).flatMap(problemOf)];
}

/** What the doctor's checks of a running portfolio find: lag, dead letters, keys, modes, policies, inputs, feeds, effect. */
export async function checkedFindings(checked: Checked, nowMs: number): Promise<Finding[]> {
  const { redis, portfolio, handlers, lanes, feeds, environment } = checked;
  const found = await Promise.all([
    effectFindings(redis, portfolio, nowMs),
    Promise.all(lanes.map((lane) => lagFinding(redis, lane))),
    keyFindings(redis, portfolio, handlers),
    streamFindings(redis, portfolio, handlers, lanes),
    modeFindings(redis, portfolio, handlers),
    policyFindings(redis, portfolio, handlers, environment),
    stateFinding(redis, portfolio, nowMs),
    setAsideFinding(redis, portfolio),
    webhookFindings(redis, portfolio),
    portfolio.simulatedClock ? [] : snapshotsFinding(redis, portfolio, nowMs),
    feeds === undefined ? [] : feedFindings(redis, portfolio, feeds),
  ]);
  return found.flat();
}

/** A problem for each finding that is not well. */
function problemOf({ check, verdict, found, todo, since, says, plan }: Finding): Problem[] {
  if (verdict === 'ok') return [];
  const severity = verdict === 'broken' ? 'critical' : 'warning';
  const said = { ...(says !== undefined && { says }), ...(plan !== undefined && { plan }) };
  return [{ key: check, severity, what: `${check}: ${found}`, do: todo, since: since ?? null, ...said }];
}

/** What keeps the governor from permitting anything, or anything that opens a position. */
export function tradingProblems(
  { killOn, state, exposure, loss, paused, pausedSymbols, lossLatch, riskNeeds }: GovernorLook,
  kill: Overview['kill'],
  since: number | null,
): Problem[] {
  const problems: Problem[] = [];
  const add = (key: string, severity: Problem['severity'], what: string, todo: string, at: number | null = since) =>
    problems.push({ key, severity, what, do: todo, since: at });
  if (killOn)
    add('kill', 'critical', 'The kill switch is on: no permits', 'portcullis kill off --reason …', kill.since);
  if (state.tradingState === 'HALTED')
    add(
      'halted',
      'critical',
      'Trading is HALTED, which acts as the kill switch: no permits',
      'portcullis state ACTIVE --reason …',
    );
  if (state.restoredMs !== undefined)
    add(
      'restored',
      'critical',
      'Restored from a backup: plans sent before get no permit',
      'portcullis restore release --reason …',
    );
  if (!state.armed)
    add('disarmed', 'critical', 'Disarmed: plans that open a position are refused', 'portcullis arm --reason …');
  if (state.tradingState === 'REDUCING')
    add(
      'reducing',
      'warning',
      'Trading is REDUCING: plans that open a position are refused',
      'portcullis state ACTIVE --reason …',
    );
  problems.push(...lossProblems({ loss, paused, pausedSymbols, lossLatch }));
  problems.push(...riskProblems(riskNeeds));
  const unknown = unknownExposure(exposure);
  if (unknown !== undefined)
    add('exposure unknown', 'warning', unknown, 'A producer must report positions with their notional.', null);
  return problems;
}

/** Loss limits that hold back plans that open: reached, or not known. */
function lossProblems(look: Pick<GovernorLook, 'loss' | 'paused' | 'pausedSymbols' | 'lossLatch'>): Problem[] {
  const { loss, paused, pausedSymbols, lossLatch } = look;
  const release = 'portcullis loss release --reason …';
  const problems = (lossNow(look).loss?.tripped ?? []).map(
    ({ reason, loss: lost, limit }): Problem => ({
      key: `loss ${reason}`,
      severity: 'critical',
      what: `A loss limit is reached (${reason}: ${lost}, limit ${limit}): plans that open a position are refused`,
      do: reason === STREAK ? `${release}, or wait: ${paused?.ends}` : release,
      since: null,
    }),
  );
  if (pausedSymbols.length > 0) {
    const what = `After losses in a row nothing opens in ${firstOf(pausedSymbols)}`;
    problems.push({ key: 'loss symbols', severity: 'warning', what, do: `${release}, or wait`, since: null });
  }
  if (loss?.known === false) {
    const waits = unconfirmedLoss(lossLatch) === null ? '' : ', then portcullis loss confirm --reason …';
    const what = 'Losses are limited and not known: plans that open a position are refused';
    problems.push({ key: 'loss unknown', severity: 'critical', what, do: `portcullis loss${waits}`, since: null });
  }
  return problems;
}

/** Limits that rest on the risk of the book while it is not known; of figures that judge the heat tells. */
function riskProblems(needs: GovernorLook['riskNeeds']): Problem[] {
  const limits = needs.filter((setting) => setting.startsWith('GOV_'));
  if (limits.length === 0) return [];
  const what = `Plans that open a position go by GOV_CAPS_FAIL_POLICY: ${riskUnknownWords(limits)}`;
  return [{ key: 'risk unknown', severity: 'critical', what, do: DO_ABOUT_RISK, since: null }];
}

/** The first few of some symbols, and how many more there are. */
function firstOf(symbols: readonly string[]): string {
  return `${symbols.slice(0, 5).join(', ')}${symbols.length > 5 ? ` and ${symbols.length - 5} more` : ''}`;
}

function unknownExposure({ known, unpriced }: GovernorLook['exposure']): string | undefined {
  if (!known) return 'Positions are not known: caps treat every plan that opens one by GOV_CAPS_FAIL_POLICY';
  if (unpriced.length === 0) return undefined;
  return `The notional of ${firstOf(unpriced)} is not known: caps treat every plan that opens a position by GOV_CAPS_FAIL_POLICY`;
}

/** Why the heat is not known, and what the gate does meanwhile. */
export function heatProblems({ heat }: HeatLook, mode: string): Problem[] {
  const severity = mode === 'enforce' ? 'critical' : 'warning';
  const unknown = heat.risk?.unknown;
  if (unknown !== undefined) {
    const what = `The ${figureWords(unknown)} of the book is not known: every exit passes, nothing opens, budgets are at a stress of 1`;
    return [{ key: 'figure unknown', severity: 'critical', what, do: DO_ABOUT_FIGURE, since: null }];
  }
  if (heat.cause === undefined) return [];
  const what = `The heat is not known (${heat.cause}): ${doneMeanwhile(heat.cause, mode)}`;
  return [{ key: 'heat unknown', severity, what, do: DO_ABOUT_HEAT, since: null }];
}

const DO_ABOUT_FIGURE =
  'It is computed where the feeds market and cluster run: portcullis risk says why it is missing.';
const DO_ABOUT_HEAT =
  'Producers must keep the portfolio state and the position snapshots fresh: portcullis doctor says which is missing.';

/** Lanes of this process that do not turn, and why. */
export function laneProblems(lanes: readonly LaneStatus[]): Problem[] {
  return lanes
    .filter(({ state }) => state === 'held')
    .map(({ handler, problem }) => ({
      key: `lane ${handler}`,
      severity: 'critical',
      what: `${handler} is held: ${problem}`,
      do: 'It goes on by itself once the key it names is renamed or deleted.',
      since: null,
    }));
}

/** Worst first; of one severity in the order in which they were found. */
export function worstFirst(problems: readonly Problem[]): Problem[] {
  const weight = ({ severity }: Problem) => (severity === 'critical' ? 0 : 1);
  return [...problems].sort((a, b) => weight(a) - weight(b));
}

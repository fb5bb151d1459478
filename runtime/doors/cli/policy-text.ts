import type { Impact, LimitView, PolicyView } from '../../../schemas/api/policy.ts';
import { impactWords, isSameCount } from '../../../schemas/impact-text.ts';
import type { CandidatePolicy } from '../../../schemas/policy.ts';
import { printable } from '../../../schemas/printable.ts';
import type { PolicyChange } from '../../engine/policy/policies.ts';
import type { PolicyVersion } from '../../engine/policy/policy-history.ts';
import { moment, table } from './output.ts';

const SHORT = 8;

/** A policy as a page of text. */
export function viewText(view: PolicyView): string {
  const { gate, mode, version, candidate, problem, limits } = view;
  const beside = candidate === null ? '' : `, candidate ${short(candidate.version)} beside it`;
  const problems = problem === '' ? '' : `NOT IN FORCE: ${printable(problem)}\n`;
  const head = `${gate}  ${mode || 'no mode set'}, version ${short(version) || 'none'}${beside}\n${problems}`;
  const rows = limits.map((limit) => [limit.name, limit.in_force, limit.from]);
  return `${head}${table(['LIMIT', 'IN FORCE', 'SAID BY'], rows)}`;
}

/** The limits on which policy, candidate and environment do not agree. */
export function diffRows({ limits }: PolicyView): readonly LimitView[] {
  return limits.filter(
    ({ in_force, environment, candidate }) =>
      in_force !== environment || (candidate !== null && candidate !== in_force),
  );
}

/** Differences as a table. */
export function diffText(rows: readonly LimitView[]): string {
  if (rows.length === 0) return 'No difference.\n';
  return table(
    ['LIMIT', 'IN FORCE', 'CANDIDATE', 'ENVIRONMENT'],
    rows.map(({ name, in_force, candidate, environment }) => [name, in_force, candidate ?? '', environment]),
  );
}

/** Versions as a table. */
export function historyText(versions: readonly PolicyVersion[]): string {
  if (versions.length === 0) return 'No versions yet.\n';
  return table(
    ['VERSION', 'TIME', 'BY', 'MODE', 'LIMITS SET', 'ACTOR', 'REASON'],
    versions.map((one) => [
      short(one.version),
      moment(one.timestamp),
      one.restores === '' ? one.action : `${one.action} to ${short(one.restores)}`,
      one.mode,
      Object.entries(one.settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
      one.actor,
      one.reason,
    ]),
  );
}

/** What was put beside the policy in force. */
export function candidateText({ gate, candidate }: { gate: string; candidate: CandidatePolicy | null }): string {
  if (candidate === null) return `${gate} has no candidate any more.\n`;
  const { version, mode, settings } = candidate;
  const limits = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const said = [...(mode === undefined ? [] : [`mode ${mode}`]), ...limits].join(' ');
  return `${gate} is judged by candidate ${short(version)} too, with no effect: ${printable(said || "the environment's limits")}\n`;
}

/** What the change would have meant for the last 24 hours. */
export function impactText(impact: Impact): string {
  const { decisions, changes, joint } = impact;
  if (decisions === 0) return 'No decision of the last 24 h can be judged again by these limits.\n';
  const lines = (some: Impact['changes']) =>
    some.map(({ from, to, count }) => `  ${count} × ${printable(from)} → ${printable(to)}\n`).join('');
  const words = impactWords(impact).map((sentence) => `${sentence}\n`);
  if (joint === null || isSameCount(impact, joint)) return `${words.join('')}${lines(changes)}`;
  return `${words.join('')}Judged alone:\n${lines(changes)}Judged jointly:\n${lines(joint.changes)}`;
}

/** The question before a change. */
export function questionOf(change: PolicyChange): string {
  return `Change ${change.gate}: ${changesOf(change).join(', ') || 'nothing that is in force'}?`;
}

/** A change that was made. */
export function changeText(change: PolicyChange): string {
  if (change.before === change.after) return `${change.gate}: nothing to change, version ${short(change.after)}.\n`;
  const lines = changesOf(change).map((text) => `  ${text}\n`);
  return `${change.gate} is at version ${short(change.after)} (was ${short(change.before) || 'none'}).\n${lines.join('')}`;
}

function changesOf({ mode, changed }: PolicyChange): string[] {
  const modes = mode.before === mode.after ? [] : [`mode ${mode.before || 'not set'} → ${mode.after || 'not set'}`];
  const limits = Object.entries(changed).map(([name, { before, after }]) => `${name} ${before} → ${after}`);
  return [...modes, ...limits].map(printable);
}

function short(version: string): string {
  return version.slice(0, SHORT);
}

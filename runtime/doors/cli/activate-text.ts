import { span } from '../../../schemas/amount-text.ts';
import type {
  Activated,
  ActivationView,
  ChecklistLine,
  Rehearsal,
  RolledBack,
} from '../../../schemas/api/activation.ts';
import { percent } from '../../../schemas/figure-text.ts';
import { mostChanged } from '../../../schemas/watch-limits.ts';
import type { GateActivation } from '../../desk/activation/record.ts';
import { followersText, ROLLBACK_WITHIN_MS } from '../../desk/activation/rehearsal.ts';
import { UNLOOKED_MS } from '../../desk/activation/watch.ts';
import { brief, labelled, moment, table } from './output.ts';
import { toned } from './style.ts';

const TENTHS = { digits: 1 };
/** Cut, not rounded: what is below every decision is not shown as all of them. */
const CUT = { digits: 1, whole: (value: number) => Math.floor(value + 1e-9) };

/** The checklist of a gate, every line with its figure. */
export function checklistText(lines: readonly ChecklistLine[]): string {
  return table(
    ['', 'CHECK', 'FOUND', 'WANTED'],
    lines.map(({ ok, item, found, wanted }) => [ok ? 'ok' : 'NO', item.replaceAll('_', ' '), found, wanted]),
  );
}

/** The checklist, whether the gate is ready, and how its last activation stands. */
export function viewText({ gate, at_ms, mode, enforcing, ready, lines, last }: ActivationView): string {
  const unmet = lines.filter(({ ok }) => !ok).length;
  const how = ready ? 'ready' : `not ready: ${unmet} of ${lines.length} checks`;
  const then = last === null ? '' : activationLine(last, at_ms);
  const now = mode === enforcing ? `in ${mode} already` : `in ${mode || 'no mode'}, to be put into ${enforcing}`;
  return `${gate} is ${now}.\n\n${checklistText(lines)}\n${gate} is ${how}.\n${then}`;
}

/** An activation that was made, and the conditions of its watch. */
export function activatedText({ gate, before, after, forced, watch }: Activated): string {
  const despite = forced.length === 0 ? '' : `, in spite of: ${forced.join(', ').replaceAll('_', ' ')}`;
  const span = `Watched until ${momentOf(watch.until_ms)}. Back to ${watch.from} by itself:\n`;
  return `${gate} is in ${after} (was ${before})${despite}.\n${span}${conditionsText(watch)}`;
}

/** How an activation stands, beside its label. */
export function activationLine(activation: GateActivation, nowMs: number, within?: number): string {
  return labelled('Activation', activationWords(activation, nowMs), within);
}

function activationWords(activation: GateActivation, nowMs: number): string {
  const { gate, state, to, from, until_ms, ended_ms, decisions, outcome } = activation;
  const alone =
    nowMs - activation.looked_ms > UNLOOKED_MS ? `, but ${toned('bad', 'NOBODY LOOKS')}: start a worker of it` : '';
  const when = ended_ms === null ? '' : momentOf(ended_ms);
  switch (state) {
    case 'watching':
      return `${gate} in ${to}, watched for ${span((until_ms - nowMs) / 1000)} more: ${decisions} decisions${alone || ', every condition holds'}`;
    case 'kept':
      return `${gate} kept in ${to}, ${when}: ${brief(outcome)}`;
    case 'rolled_back':
      return `${gate} ${toned('bad', 'ROLLED BACK')} to ${from}, ${when}: ${brief(outcome)}`;
    case 'ended':
      return `${gate} no longer watched, ${when}: ${brief(outcome)}`;
  }
}

/** What a rollback came to. */
export function rolledBackText(done: RolledBack): string {
  const { gate, before, after, workers } = done;
  const where =
    workers.length === 0
      ? 'No worker of it is running: the next one starts with it.'
      : `In force in ${followersText(done)}.`;
  return `${gate} is in ${after} (was ${before || 'not set'}).\n${where}\n`;
}

/** What a rehearsal of a rollback found. */
export function rehearsalText(rehearsal: Rehearsal): string {
  const how = rehearsal.passed ? 'A rollback is in force in time' : 'A rollback would NOT be in force in time';
  return `${how}: ${followersText(rehearsal)}, at most ${ROLLBACK_WITHIN_MS} ms. The mode of ${rehearsal.gate} was not changed.\n`;
}

function conditionsText({ conditions, changed_share }: GateActivation): string {
  const { stale_from, waiting_ms, held_ms } = conditions;
  const lines = [
    `more than ${conditions.errors} messages that could not be judged, ${conditions.dead_letters} dead letters, or ${conditions.write_failures} failed writes`,
    `more than ${conditions.protective_exits_changed} protective exits changed`,
    `more than ${percent(conditions.stale_share, TENTHS)} of decisions on inputs that are not fresh, from ${stale_from} of them on`,
    changedText(conditions, changed_share),
    `a message waits for over ${waiting_ms / 1000} s, or a lane is held for over ${held_ms / 1000} s`,
    ...moneyText(conditions),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

function changedText(conditions: GateActivation['conditions'], changedShare: number): string {
  const most = mostChanged(conditions, changedShare);
  const before = `${percent(changedShare, TENTHS)} before`;
  if (most === undefined) return `no limit on how often it stands in the way: it did each time before (${before})`;
  return `it stands in the way of more than ${percent(most.share, CUT)} (${before}), from ${most.from} decisions on`;
}

function moneyText({ blocked_closes, kept_loss_usd, drawdown }: GateActivation['conditions']): readonly string[] {
  const limits: readonly (readonly [string, string | null])[] = [
    ['closes that another gate blocked', blocked_closes === null ? null : String(blocked_closes)],
    ['lost by the kept parts', kept_loss_usd === null ? null : `$${kept_loss_usd.toFixed(2)}`],
    ['fall of the equity', drawdown === null ? null : percent(drawdown)],
  ];
  return limits.map(([what, most]) => (most === null ? `${what}: not watched` : `${what}: more than ${most}`));
}

function momentOf(ms: number): string {
  return moment(String(Math.floor(ms / 1000)));
}

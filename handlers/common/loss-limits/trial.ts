import { keys } from '../../../schemas/keys.ts';
import { formatLossMarks, type LossMarks, NO_MARKS, parseLossMarks } from '../../../schemas/loss-latch.ts';
import { hasLossLimits, type LossSettings } from '../../../schemas/loss-limits.ts';
import { formatPause, hasStreakLimits, type LossPause, parsePauses } from '../../../schemas/trades.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import type { CandidateRules } from '../../contract/candidate-rules.ts';
import { type Effect, nothing, type Outcome } from '../../contract/effects.ts';
import { type HashFact, hash } from '../../contract/reads.ts';
import { pausesTurn } from './pauses.ts';
import { lossTurn, nextRev } from './report.ts';
import type { StreakFacts, StreakLimits } from './streaks.ts';

/** What a candidate policy with loss limits is judged on. */
export const trialReads = { lossTrial: hash(keys.lossTrial) };

/** What the governor's watcher knows of a candidate's losses. */
interface TrialFacts extends StreakFacts {
  readonly lossTrial: HashFact;
  readonly lossLatch: HashFact;
}

type Limits = LossSettings & StreakLimits;

/** The marks and pauses that a candidate is judged on. */
interface Trial {
  readonly marks: LossMarks;
  readonly pauses: ReadonlyMap<string, LossPause>;
}

/** The beginning of a field that holds a pause; its symbol follows. */
const PAUSE = 'pause:';

/**
 * Keeps for a candidate policy what the same limits in force would have kept: it begins with what is kept for those, and
 * then goes its own way. Nothing of it is told anywhere, and nothing is kept where no candidate has loss limits.
 */
export function trialReport(facts: TrialFacts, beside: CandidateRules<Limits> | undefined, nowMs: number): Outcome {
  const { lossTrial } = facts;
  if (lossTrial.wrongType) return nothing;
  if (beside === undefined || !(hasLossLimits(beside.settings) || hasStreakLimits(beside.settings))) {
    return lossTrial.fields === null ? nothing : { effects: [{ do: 'del', key: keys.lossTrial }] };
  }
  const own = ownTrial(lossTrial, beside.version);
  const before = own === undefined ? begunFrom(facts) : released(own, facts.lossLatch);
  const marks = hasLossLimits(beside.settings)
    ? lossTurn(before.marks, facts.portfolio, beside.settings, nowMs)?.marks
    : undefined;
  const pauses = pausesAfter(before.pauses, facts, beside.settings, nowMs);
  if (own !== undefined && marks === undefined && pauses === before.pauses) return nothing;
  const after = { marks: marks ?? before.marks, pauses };
  return { effects: [written(beside.version, after, nextRev(lossTrial.fields))] };
}

/** The facts that a judgment by a candidate rests on: what was kept for it stands for what is kept for the limits in force. */
export function underTrial<F extends TrialFacts>(facts: F, version: string | undefined): F {
  if (version === undefined) return facts;
  const { lossTrial, lossLatch } = facts;
  if (lossTrial.fields?.version !== version) return facts;
  const lost = lossLatch.fields?.lost;
  const latch = { ...lossTrial.fields, ...(lost !== undefined && { lost }) };
  return {
    ...facts,
    lossLatch: { fields: latch, wrongType: false },
    pauses: { fields: pauseFields(lossTrial.fields), wrongType: false },
  };
}

/** What was kept for this candidate; undefined where nothing was, or it cannot be read. */
function ownTrial({ fields }: HashFact, version: string): Trial | undefined {
  if (fields === null || fields.version !== version) return undefined;
  const [marks, pauses] = [parseLossMarks(fields), parsePauses(pauseFields(fields))];
  return marks && pauses && { marks, pauses };
}

function begunFrom({ lossLatch, pauses }: TrialFacts): Trial {
  const marks = lossLatch.fields === null ? NO_MARKS : (parseLossMarks(lossLatch.fields) ?? NO_MARKS);
  return { marks, pauses: parsePauses(pauses?.fields ?? null) ?? new Map() };
}

/** What a person releases of the limits in force is released here too, until the next reading says so. */
function released(own: Trial, { fields }: HashFact): Trial {
  const kinds = fields === null ? [] : (parseLossMarks(fields)?.released ?? []);
  if (kinds.length === 0) return own;
  const tripped = Object.fromEntries(
    Object.entries(own.marks.tripped).filter(([kind]) => !kinds.some((one) => one === kind)),
  );
  return { ...own, marks: { ...own.marks, tripped, released: kinds } };
}

function pausesAfter(kept: Trial['pauses'], facts: StreakFacts, settings: Limits, nowMs: number): Trial['pauses'] {
  if (!hasStreakLimits(settings)) return kept;
  const { news, ended } = pausesTurn(kept, facts, settings, nowMs);
  if (news.length === 0 && ended.length === 0) return kept;
  const after = new Map(kept);
  for (const symbol of ended) after.delete(symbol);
  for (const { symbol, ...pause } of news) after.set(symbol, pause);
  return after;
}

function written(version: string, { marks, pauses }: Trial, rev: number): Effect {
  const held = [...pauses].map(([symbol, pause]) => [`${PAUSE}${symbol}`, formatPause(pause)]);
  const fields = { version, rev: String(rev), ...formatLossMarks(marks), ...Object.fromEntries(held) };
  return { do: 'hset', scope: 'shared', key: keys.lossTrial, fields, replace: true };
}

function pauseFields(fields: Fields): Fields {
  const own = Object.entries(fields).filter(([name]) => name.startsWith(PAUSE));
  return fieldsOf(own.flatMap(([name, text]) => [name.slice(PAUSE.length), text]));
}

import { inputs, outputs } from '../names.ts';
import type { Decision, Entry, SourceOfWork, Witness } from './witness.ts';

/** The Unix ms at which the histories of these tests begin. */
export const AT = 1_700_000_000_000;
/** The id of what was written so many ms later. */
export const idAt = (ms: number) => `${AT + ms}-0`;

/** An entry of so many ms later. */
export function entry(ms: number, fields: Record<string, string>): Entry {
  return { id: idAt(ms), fields };
}

/** A stream that a handler reads, finished; a test names what is different. */
export function source(handler: string, different: Partial<SourceOfWork>): SourceOfWork {
  const logs = handler === 'heat-bridge' ? 'never' : 'always';
  const stream = { governor: inputs.plans, 'heat-bridge': outputs.heatDecisions }[handler] ?? inputs.proposals;
  return { handler, stream, logs, entries: [], deadLetters: [], pending: 0, waiting: false, ...different };
}

/** A decision that let something pass; a test names what is different. */
export function decision(different: Partial<Decision> & Pick<Decision, 'handler' | 'sourceId'>): Decision {
  const judgedSec = Number.parseInt(different.sourceId, 10) / 1000;
  const rest = { verdict: 'PASS', reason: 'ok', planId: '', symbol: 'A', action: 'OPEN', outputs: [] };
  return { id: different.sourceId, judgedSec, ...rest, ...different };
}

/** Nothing was written at all. */
export const EMPTY: Witness = {
  sources: [],
  decisions: [],
  outputs: new Map(),
  deleted: new Map(),
  deletedEvents: [],
  killed: [],
  told: [],
  kept: [],
  snapshots: [],
  results: [],
  openedMs: new Map(),
  permits: new Set(),
  blocks: new Set(),
  lookups: { byPlan: new Map(), latest: new Map(), latestPlan: new Map() },
};

import { channel } from 'node:diagnostics_channel';
import type { Reading } from '../../../handlers/contract/faces.ts';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import { refuses } from '../../../handlers/contract/ruling.ts';
import type { ReasonWords } from '../../../handlers/contract/words.ts';
import type { CheckWords } from '../../../schemas/check-words.ts';
import { type DecisionRecord, type LoggedCheck, recordedChecks } from '../../../schemas/decision.ts';
import { errorText } from '../../redis/problem.ts';
import type { Metrics } from './metrics.ts';

const FACES = ['reasons', 'reading', 'whatIf', 'skips'] as const satisfies (keyof AnyHandler)[];

/** A part of what a gate says of itself beside its judgment. */
type Face = (typeof FACES)[number];

/** Whose face it is. */
type FacedGate = Pick<AnyHandler, 'gate'>;

/** A face that threw. */
interface FaceFailure {
  readonly gate: string;
  readonly face: Face;
  readonly error: unknown;
}

/** Where each failure of a face is told, for whoever counts and logs them. */
export const faceFailures = channel('portcullis:face-failed');

/** What a face says; undefined where it throws, so that whoever asks falls back on what is said without it. */
export function faced<T>({ gate }: FacedGate, face: Face, say: () => T): T | undefined {
  try {
    return atOnce(say());
  } catch (error) {
    faceFailures.publish({ gate, face, error } satisfies FaceFailure);
    return undefined;
  }
}

/** A face is asked in the midst of an answer: a promise is none, and its refusal must not end the process. */
function atOnce<T>(said: T): T {
  if (!(said instanceof Promise)) return said;
  said.catch(() => undefined);
  throw new TypeError('expected an answer at once, got a promise');
}

const FACE_FAILURES = 'portcullis_face_failures_total';

/** The counter of failures of faces; those that these handlers declare stand at 0 from the start. */
export function faceMetric(handlers: readonly AnyHandler[]): MetricSpec {
  const declared = handlers.flatMap((handler) =>
    FACES.filter((face) => handler[face] !== undefined).map((face) => ({ gate: handler.gate, face })),
  );
  return {
    name: FACE_FAILURES,
    type: 'counter',
    perProcess: true,
    help: 'Times that what a gate says of itself failed, and a plain text or answer stood in; no decision rests on it',
    labels: ['gate', 'face'],
    initial: declared,
  };
}

/** Tells of each failure of a face, and of the first of each face of a gate in words. What is returned ends that. */
export function watchFaces(warn: (text: string) => void, metrics?: Pick<Metrics, 'apply'>): () => void {
  const told = new Set<string>();
  const failed = (message: unknown) => {
    const { gate, face, error } = message as FaceFailure;
    metrics?.apply([{ metric: FACE_FAILURES, labels: { gate, face } }], '');
    if (told.has(`${gate} ${face}`)) return;
    told.add(`${gate} ${face}`);
    warn(`${gate}: its face "${face}" failed, and a plain answer stands in for it: ${errorText(error)}`);
  };
  faceFailures.subscribe(failed);
  return () => void faceFailures.unsubscribe(failed);
}

/** What it takes to read the decisions of a gate. */
export type ReadGate = Pick<AnyHandler, 'name' | 'gate' | 'settings' | 'reading'>;

const FAILED: ReadonlySet<string> = new Set(['evaluation_error', 'handler_failed']);

/**
 * How the decisions of a gate are read: by what it declares, else (and where that throws) by verdict and checks alone.
 * `settings` are those to read by; its defaults where none are given.
 */
export function readerOf(gate: ReadGate, settings?: unknown): (record: DecisionRecord) => Reading {
  const by = settings ?? gate.settings.safeParse({}).data;
  return (record) => faced(gate, 'reading', () => whole(gate.reading?.(record, by))) ?? plainReading(record);
}

/** A report is made of all parts of a reading. */
function whole(reading: Reading | undefined): Reading | undefined {
  if (reading === undefined || Array.isArray(atOnce(reading).verdicts)) return reading;
  throw new TypeError(`expected a reading with verdicts, got ${JSON.stringify(reading)}`);
}

/** A gate stood in the way where one of its checks refuses, or would; what could not be judged it refused for want of data. */
function plainReading({ verdict, reason, symbol, checks }: DecisionRecord): Reading {
  const failed = FAILED.has(reason);
  return {
    inputs: 'none',
    incomplete: false,
    failed,
    changed: failed || recordedChecks(checks).some(refuses),
    protective: 'none',
    verdicts: symbol === '' ? [] : [[symbol, verdict]],
  };
}

/** A gate as far as its words go. */
export type WordedGate = FacedGate & {
  readonly reasons?: Readonly<Record<string, ReasonWords>>;
  readonly checks?: Readonly<Record<string, CheckWords>>;
};

/** A decision as far as its reason goes. */
interface Reasoned {
  readonly reason: string;
  readonly checks: readonly LoggedCheck[];
  readonly symbol: string;
}

/**
 * Why a gate decided as it did, in its own words, with the figures of the check that refused. A reason that it has no words
 * for stands as it is; that of a gate without any words, and of one whose words throw, has blanks for underscores.
 */
export function reasonWords(gate: WordedGate | undefined, { reason, checks, symbol }: Reasoned): string {
  const plain = reason.replaceAll('_', ' ');
  if (gate?.reasons === undefined) return plain;
  const words = Object.hasOwn(gate.reasons, reason) ? (gate.reasons[reason] ?? reason) : reason;
  if (typeof words === 'string') return words;
  return faced(gate, 'reasons', () => textOf(atOnce(words(checks.find(refuses), symbol)))) ?? plain;
}

/** What is no text would be shown as it is, or end whoever shows it. */
function textOf(said: unknown): string {
  if (typeof said === 'string' && said.trim() !== '') return said;
  throw new TypeError(`expected words, got ${said === '' ? 'none' : typeof said}`);
}

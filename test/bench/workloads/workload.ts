import type { Redis } from 'ioredis';
import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { liveSample } from '../../support/live.ts';

/** A Redis command with its arguments. */
export type Command = readonly [name: string, ...args: (string | number)[]];

/** What one gate is measured on: live-size messages, the world they are judged in, and what its rivals read and write. */
export interface Workload {
  /** The gate's name, as `GATES` and the handlers spell it. */
  readonly gate: 'heat-gate' | 'heat-bridge' | 'governor' | 'risk-governor';
  readonly portfolio: Portfolio;
  /** Whole name of the input stream, and its group. */
  readonly stream: string;
  readonly group: string;
  /** What one message counts for: 1, or the symbols of a budget tick. */
  readonly units: number;
  /** Messages that bring a fresh process up to speed; half of them in the quick run. */
  readonly warmUp: number;
  /** Messages that a bare loop takes at once: about as many as the gate commits at once. */
  readonly batch: number;
  /** Settings in which the gate runs. */
  readonly env: Readonly<Record<string, string>>;
  /** Streams in which every message leaves exactly one entry; in the first each says its `idField`. */
  readonly outputs: readonly string[];
  /** Field by which a message is told from any other. */
  readonly idField: string;
  /** Whether a BullMQ job makes all the writes instead of one XADD: where a message stands for many symbols. */
  readonly jobWritesAll: boolean;
  /** What another gate makes of what this one writes. */
  readonly next?: Workload;
  /** Brings about the world that messages are judged in. */
  seed(redis: Redis): Promise<void>;
  /** The flat fields of message number `index`. */
  entry(index: number): readonly string[];
  /** What a worker that judges one message at a time reads for it. */
  reads(fields: Fields): readonly Command[];
  /** What the gate writes for a message, as plain commands; the first is the write that says that it is done. */
  writes(id: string, fields: Fields): readonly Command[];
}

/** The gates in the order of the table. */
export type GateName = Workload['gate'];

/** The fields of a live sample in test/fixtures/wire. */
export function liveFields(name: string): Readonly<Record<string, string>> {
  return { ...liveSample(name).fields };
}

/** An id of 16 hexadecimal digits, as live plans have. */
export function planId(index: number): string {
  return index.toString(16).padStart(16, '0');
}

/** The flat fields of a sample with some of them replaced. */
export function flatWith(fields: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>): string[] {
  return Object.entries({ ...fields, ...own }).flat();
}

/** Now, in whole Unix seconds. */
export function nowSeconds(): string {
  return String(Math.floor(Date.now() / 1000));
}

import { z } from 'zod';
import type { Effect, Outcome } from '../../handlers/contract/effects.ts';
import { type AnyHandler, after, defineHandler, every, stream } from '../../handlers/contract/handler.ts';
import { hash, text } from '../../handlers/contract/reads.ts';

const Numbered = z.object({ n: z.string().min(1) });
type Numbered = z.output<typeof Numbered>;
const NoSettings = z.object({});

/** What a small gate of a test does differently. */
export interface GateParts {
  readonly name?: string;
  readonly batch?: number;
  /** The effects of a message beside the entry of `out`; may throw. */
  readonly effects?: (n: string, sourceId: string) => readonly Effect[];
  /** Where the entry of `out` goes instead. */
  readonly out?: string;
  /** Milliseconds that one blocking read waits at most. */
  readonly pollMs?: number;
}

/** A gate that reads `{name}.in` (group `{name}`) and says on `{name}.out` which entry it judged, in one entry each. */
export function echoGate(parts: GateParts = {}): AnyHandler {
  const name = parts.name ?? 'echo';
  const say = (n: string, sourceId: string, verdict: string): Outcome => ({
    decision: { verdict, reason: 'judged' },
    effects: [
      { do: 'emit', stream: parts.out ?? `${name}.out`, fields: { n, source_id: sourceId, verdict } },
      ...(verdict === 'judged' ? (parts.effects?.(n, sourceId) ?? []) : []),
    ],
    counts: [{ metric: `${name}_judged_total` }],
  });
  return defineHandler<Numbered, object, Record<string, never>>({
    name,
    gate: name,
    summary: 'Says which entry it judged.',
    on: stream(`${name}.in`, { group: name }),
    message: Numbered,
    settings: NoSettings,
    settingNames: [],
    ...(parts.batch !== undefined && { batch: parts.batch }),
    pollMs: () => parts.pollMs ?? 200,
    metrics: [{ name: `${name}_judged_total`, type: 'counter', help: 'Entries judged' }],
    reads: () => ({}),
    handle: (message, ctx) => say(message.n, ctx.sourceId, 'judged'),
    onFailure: (message, _failure, ctx) => say(message.n, ctx.sourceId, 'failed'),
  });
}

/** A serial gate that reads the hash `counter`, adds one, and writes it back: a lost update shows as a lower sum. */
export function counterGate(parts: { readonly batch?: number } = {}): AnyHandler {
  const reads = () => ({ counter: hash('counter'), kill: text('kill', true) });
  return defineHandler<Numbered, object, ReturnType<typeof reads>>({
    name: 'counter',
    gate: 'counter',
    summary: 'Counts its messages in a hash.',
    on: stream('counter.in', { group: 'counter' }),
    message: Numbered,
    settings: NoSettings,
    settingNames: [],
    serial: true,
    ...(parts.batch !== undefined && { batch: parts.batch }),
    pollMs: () => 200,
    metrics: [],
    reads,
    handle: (message, ctx) => {
      const count = Number(ctx.facts.counter.fields?.count ?? 0) + 1;
      return {
        effects: [
          { do: 'hset', key: 'counter', fields: { count: String(count) }, scope: 'shared' },
          { do: 'emit', stream: 'counter.out', fields: { n: message.n, count: String(count) } },
        ],
      };
    },
    onFailure: () => ({ effects: [] }),
  });
}

/** A gate whose process dies of the messages that say `die`. */
export function crashGate(): AnyHandler {
  return echoGate({
    name: 'crash',
    effects: (n) => {
      if (n === 'die') process.exit(1);
      return [];
    },
  });
}

const DueTick = z.object({ tick_id: z.string().min(1), scheduled_ms: z.string().min(1) });

/** A gate that notes each tick of its schedule on `clock.out`. */
export function clockGate(intervalMs: number): AnyHandler {
  return defineHandler<z.output<typeof DueTick>, object, Record<string, never>>({
    name: 'clock',
    gate: 'clock',
    summary: 'Notes its ticks.',
    on: every(() => intervalMs),
    message: DueTick,
    settings: NoSettings,
    settingNames: [],
    pollMs: () => 200,
    metrics: [],
    reads: () => ({}),
    handle: (tick) => ({ effects: [{ do: 'emit', stream: 'clock.out', fields: { ...tick } }] }),
    onFailure: () => ({ effects: [] }),
  });
}

/** The echo gate, that asks the bell gate to note `for {n}` after a while, under an id of its own choice. */
export function askingGate(delayMs: number, idOf: (n: string) => string): AnyHandler {
  return echoGate({
    effects: (n) => [{ do: 'later', handler: 'bell', id: idOf(n), delayMs, fields: { text: `for ${n}` } }],
  });
}

/** A gate that notes on `bell.out` what `later` effects asked for, with the time at which it did. */
export function bellGate(): AnyHandler {
  const Ring = DueTick.extend({ text: z.string() });
  return defineHandler<z.output<typeof Ring>, object, Record<string, never>>({
    name: 'bell',
    gate: 'bell',
    summary: 'Notes what it was asked to.',
    on: after(),
    message: Ring,
    settings: NoSettings,
    settingNames: [],
    pollMs: () => 200,
    metrics: [],
    reads: () => ({}),
    handle: (ring, ctx) => ({
      effects: [{ do: 'emit', stream: 'bell.out', fields: { ...ring, now_ms: String(ctx.nowMs) } }],
    }),
    onFailure: () => ({ effects: [] }),
  });
}

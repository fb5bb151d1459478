import { count, hundredth, spread, tenth } from './figures.ts';
import type { Result } from './result.ts';
import type { Section } from './sections.ts';

/** Decisions that were judged again. */
export function replay({ replay: rows }: Result): Section {
  const head = ['gate', 'decisions', 'live a second', 'from Redis', 'from a file', 'file over live'];
  return {
    title: 'Decisions judged again',
    head,
    rows: rows.map(({ gate, decisions, live, from_redis, from_file, vs_live }) => {
      const rates = [live, from_redis, from_file].map((rate) => spread(rate, count));
      return [gate, count(decisions), ...rates, spread(vs_live, hundredth)];
    }),
  };
}

/** What is asked of a decision log, and how long it takes. */
export function evidence({ evidence: rows }: Result): Section {
  const head = ['gate', 'what', 'of', 'seconds', 'script p99 ms', 'longest ms'];
  const cells = rows.map(({ gate, what, of, seconds, script_p99_us, longest_script_us }) => [
    ...[gate ?? '', what, count(of), spread(seconds, hundredth)],
    ...[script_p99_us, longest_script_us].map((us) => (us === null ? '' : hundredth(us / 1000))),
  ]);
  return { title: 'What is asked of a decision log', head, rows: cells };
}

/** What sealing costs. */
export function sealing({ sealing: rows }: Result): Section {
  return {
    title: 'What sealing costs a message',
    head: ['gate', 'decisions', 'Node µs of the gate', 'of sealing', 'Redis µs of sealing', 'share'],
    rows: rows.map(({ gate, decisions, share, gate_node_us, seal_node_us, seal_redis_us }) => [
      ...[gate, count(decisions), spread(gate_node_us, tenth), spread(seal_node_us, tenth)],
      ...[spread(seal_redis_us, tenth), spread(share, hundredth)],
    ]),
  };
}

/** What a decision takes in log, append-only file and memory. */
export function logSize({ log_size: rows }: Result): Section {
  const head = ['gate', 'form', 'book', 'log bytes', 'facts bytes', 'append-only file bytes', 'MB of 200,000'];
  return {
    title: 'What a decision takes',
    head,
    rows: rows.map(({ gate, form, book, log_bytes, facts_bytes, aof_bytes, kept_mb }) => [
      ...[gate, form, book, ...[log_bytes, facts_bytes, aof_bytes, kept_mb].map(count)],
    ]),
  };
}

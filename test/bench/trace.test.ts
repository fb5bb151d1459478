import { expect, it } from 'vitest';
import { rowsOf } from './trace.ts';
import { Trace } from './tracer.ts';

/** A message that was told of at `us`, asked for its facts 100 µs later, and so on. */
function through(trace: Trace, id: string, us: number): void {
  trace.read(id, us);
  for (const [moment, after] of [
    ...[['factsFromUs', 100] as const, ['factsToUs', 300] as const],
    ...[['commitFromUs', 600] as const, ['commitToUs', 1000] as const],
  ]) {
    trace.at(moment, us + after);
  }
}

it('gives what each step took; the steps add up to all', () => {
  const trace = new Trace();
  through(trace, '1-0', 1_050);
  through(trace, '2-0', 2_050);
  through(trace, 'of-another', 3_050);
  const sentUs = new Map(Object.entries({ '1-0': 1_000, '2-0': 2_000, '3-0': 3_000 }));
  const rows = rowsOf(sentUs, trace.take());
  expect(rows.map(({ messages, p50_us, p99_us }) => [messages, p50_us, p99_us])).toEqual(
    [50, 100, 200, 300, 400, 1050].map((us) => [2, us, us]),
  );
  expect(trace.take()).toEqual([]);
  expect(() => rowsOf(sentUs, [])).toThrow('expected to follow 3 messages, got none');
});

it('takes the first of each moment in its order, and leaves out what another overtook', () => {
  const trace = new Trace();
  trace.at('factsFromUs', 1);
  trace.read('1-0', 10);
  trace.at('commitFromUs', 11);
  trace.at('factsFromUs', 12);
  trace.at('factsFromUs', 13);
  through(trace, '2-0', 20);
  trace.at('commitToUs', 9_999);
  expect(trace.take()).toEqual([
    { id: '2-0', readUs: 20, factsFromUs: 120, factsToUs: 320, commitFromUs: 620, commitToUs: 1020 },
  ]);
});

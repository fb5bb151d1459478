import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { rowsOf, workerIn } from './against.ts';
import type { Round } from './round.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-against-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const round = (perSecond: number, redisUs: number): Round => ({
  ...{ perSecond, redisUs, nodeUs: 80, rssBytes: 1 },
  scripts: { calls: 9, p50_us: redisUs * 10, p99_us: 900, p999_us: 1000, longest_us: 1100, over_2ms: 0 },
});

it('names what is expected of the folder, and what came', () => {
  const other = (name: string, text?: string) => {
    const path = join(folder, name);
    mkdirSync(path);
    if (text !== undefined) writeFileSync(join(path, 'package.json'), text);
    return path;
  };
  const expected = /^--against: expected the folder of another checkout of Portcullis, got "/;
  for (const path of [join(folder, 'nowhere'), other('empty'), other('text', 'x'), other('null', 'null')]) {
    expect(() => workerIn(path)).toThrow(expected);
  }
  expect(() => workerIn(other('stranger', '{"name":"left-pad"}'))).toThrow(expected);
  const unbuilt = other('unbuilt', '{"name":"portcullis"}');
  expect(() => workerIn(unbuilt)).toThrow(/expected a checkout whose bench is built, .*npm run bench -- --help in .*/);
  mkdirSync(join(unbuilt, 'dist.bench/test/bench'), { recursive: true });
  const worker = join(unbuilt, 'dist.bench/test/bench/worker.js');
  writeFileSync(worker, '');
  expect(workerIn(unbuilt)).toBe(worker);
});

it('takes the ratio round by round, and of the medians none', () => {
  const rows = rowsOf(
    [round(1000, 50), round(4000, 40), round(2000, 60)],
    [round(2000, 25), round(4000, 40), round(1000, 30)],
  );
  const of = (figure: string) => rows.find((row) => row.figure === figure);
  expect(of('per_second')).toEqual({
    ...{ figure: 'per_second', there: { median: 2000, min: 1000, max: 4000 } },
    ...{ here: { median: 2000, min: 1000, max: 4000 }, here_over_there: { median: 1, min: 0.5, max: 2 } },
  });
  expect(of('redis_us')?.here_over_there).toEqual({ median: 0.5, min: 0.5, max: 1 });
  expect(of('script_p50_us')?.there.median).toBe(500);
});

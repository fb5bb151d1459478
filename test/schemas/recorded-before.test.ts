import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { recorded, recordedBefore } from '../../schemas/decision.ts';
import { RecordedFigures } from '../../schemas/governor-record.ts';
import { RecordedHeat } from '../../schemas/heat-facts.ts';

const MONTH = new URL('../fixtures/decisions/may-2021.jsonl.gz', import.meta.url);
const facts = gunzipSync(readFileSync(MONTH))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { handler: string; facts: string });

test.each<[handler: string, rest: string, schema: z.ZodType<unknown>]>([
  ['governor', 'exposure', RecordedFigures],
  ['heat-gate', 'book', RecordedHeat],
])('what the facts of the %s say before their %s is what all of them say', (handler, rest, schema) => {
  const own = facts.filter((one) => one.handler === handler);
  expect(own.length).toBeGreaterThan(50);
  for (const { facts: json } of own) expect(recordedBefore(rest, schema, json)).toEqual(recorded(schema, json));
});

test.each([
  ['its member is not there', '{"heat":0.5}', { heat: 0.5 }],
  ['what it needs stands behind it', '{"bucket":"COLD","book":{},"heat":0.5}', { heat: 0.5 }],
  ['its name is within a text', '{"note":",\\"book\\":1","heat":0.5,"book":{}}', { heat: 0.5 }],
  ['its name stands further in', '{"a":{"b":1,"book":2},"heat":0.5}', { heat: 0.5 }],
  ['it is no JSON', '{"heat":0.5', undefined],
  ['it is something else', '[1]', undefined],
])('all is read where %s', (_words, json, expected) => {
  expect(recordedBefore('book', RecordedHeat, json)).toEqual(expected);
});

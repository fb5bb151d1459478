import { describe, expect, it } from 'vitest';
import type { PackedEffect, PackedMessage } from '../../../../runtime/engine/commit/request.ts';
import { chunkSize } from '../../../../runtime/engine/lane/chunks.ts';

const emit: PackedEffect = { op: 'emit', key: 's', type: 'stream', fields: ['a', 'x'.repeat(500)] };
const looked: PackedEffect = { op: 'set', key: 'k', type: 'string', value: 'v', ttl: 60, newer: 'n' };
const first: PackedEffect = { op: 'take', key: 'once', taken: [emit, emit], gone: [] };

const messages = (count: number, ...effects: PackedEffect[]): PackedMessage[] =>
  Array.from({ length: count }, (_, at) => ({ id: `${at + 1}-0`, effects }));

describe('how many messages go into one commit', () => {
  it.each([
    ['one, however large it is', 1, [{ ...emit, fields: ['a', 'x'.repeat(10_000_000)] }]],
    ['all of a few', 10, [emit]],
  ])('%s', (_, count, effects) => {
    expect(chunkSize(messages(count, ...effects))).toBe(count);
  });

  it('is no more than makes equal parts of many', () => {
    const part = chunkSize(messages(1000, emit));
    expect(part).toBeLessThan(1000);
    expect(Math.ceil(1000 / (part - 1))).toBeGreaterThan(Math.ceil(1000 / part));
  });

  it.each([
    ['a longer text', { ...emit, fields: ['a', 'x'.repeat(5_000)] }, emit],
    ['what is written only where nothing newer was', looked, { op: 'set', key: 'k', value: 'v' } as const],
    ['a life time set after the write', { ...emit, op: 'hset', ttl: 60 } as const, { ...emit, op: 'hset' } as const],
    ['a hash that is replaced', { ...emit, op: 'hset', replace: true } as const, { ...emit, op: 'hset' } as const],
    ['what follows from being the first', first, { ...first, taken: [] }],
    ['the dearest way of what may follow', { ...first, taken: [], gone: [emit, emit] }, { ...first, taken: [] }],
  ])('is fewer for %s', (_, dear, cheap) => {
    expect(chunkSize(messages(1000, dear))).toBeLessThan(chunkSize(messages(1000, cheap)));
  });

  it('counts the decision log', () => {
    const logged = messages(1000, emit).map((message) => ({ ...message, log: ['facts', 'x'.repeat(5_000)] }));
    expect(chunkSize(logged)).toBeLessThan(chunkSize(messages(1000, emit)));
  });
});

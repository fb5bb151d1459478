import { expect, test } from 'vitest';
import type { Effect } from '../../../../handlers/contract/effects.ts';
import { deadLetter } from '../../../../runtime/engine/commit/dead-letter.ts';
import { copiesSource, EffectPacker, logEntry } from '../../../../runtime/engine/commit/request.ts';
import { portfolioOf } from '../../../../runtime/settings/portfolio.ts';
import { NOW_MS } from '../../../support/fake-ctx.ts';

const portfolio = portfolioOf('{fund-a}', { overrides: { 'apply.plan': 'elsewhere' } });

function pack(...effects: Effect[]) {
  return new EffectPacker(portfolio, NOW_MS).pack(effects);
}

test('every key is made from the prefix, and a stream from its setting where there is one', () => {
  const keys = pack(
    { do: 'set', key: 'kill', value: '1' },
    { do: 'emit', stream: 'out', fields: { a: '1' } },
    { do: 'emit', stream: 'apply.plan', fields: { a: '1' } },
    { do: 'later', handler: 'bell', id: '1', delayMs: 10, fields: {} },
    { do: 'hset', key: 'h', fields: { a: '1' }, ifNewer: true },
  );
  expect(keys.map(({ key, newer }) => [key, newer])).toEqual([
    ['{fund-a}:kill', undefined],
    ['{fund-a}:stream:out', undefined],
    ['elsewhere', undefined],
    ['{fund-a}:portcullis:outbox', undefined],
    ['{fund-a}:h', '{fund-a}:portcullis:newest:{fund-a}:h'],
  ]);
});

test.each<[Effect, string | undefined]>([
  [{ do: 'emit', stream: 's', fields: { a: '1' } }, 'stream'],
  [{ do: 'hset', key: 'k', fields: { a: '1' } }, 'hash'],
  [{ do: 'hdel', key: 'k', fields: ['a'] }, 'hash'],
  [{ do: 'set', key: 'k', value: '' }, 'string'],
  [{ do: 'zadd', key: 'k', score: 1, member: 'm' }, 'zset'],
  [{ do: 'zrem', key: 'k', members: ['m'] }, 'zset'],
  [{ do: 'ztrim', key: 'k', belowScore: 1 }, 'zset'],
  [{ do: 'push', key: 'k', value: 'v', keep: 2, ttlSec: 1 }, 'list'],
  [{ do: 'hincr', key: 'k', field: 'a', by: 1 }, 'hash'],
  [{ do: 'take', key: 'k', taken: [], gone: [] }, undefined],
  [{ do: 'take', key: 'k', member: 'm', taken: [], gone: [] }, 'zset'],
  [{ do: 'del', key: 'k' }, undefined],
])('%j needs a key of type %s', (effect, type) => {
  expect(pack(effect)[0]?.type).toBe(type);
});

test('fields stay in order, and one named __proto__ stays', () => {
  const fields = Object.assign(Object.create(null) as Record<string, string>, { b: '1', ['__proto__']: '2', a: '3' });
  expect(pack({ do: 'hset', key: 'k', fields })[0]?.fields).toEqual(['b', '1', '__proto__', '2', 'a', '3']);
});

test('numbers go as plain decimals', () => {
  const packed = pack({ do: 'zadd', key: 'k', score: 1e-7, member: 'm' }, { do: 'ztrim', key: 'k', belowScore: 1e15 });
  expect(packed.map(({ score, below }) => score ?? below)).toEqual(['0.0000001', '1000000000000000']);
});

test('best efforts are numbered through, those inside a take included', () => {
  const best = { bestEffort: {} };
  const [first, take] = pack(
    { do: 'set', key: 'a', value: '', ...best },
    {
      do: 'take',
      key: 'permit',
      taken: [{ do: 'set', key: 'b', value: '', ...best }],
      gone: [
        { do: 'set', key: 'c', value: '' },
        { do: 'del', key: 'd', ...best },
      ],
    },
  );
  expect([first?.best, take?.best]).toEqual([1, undefined]);
  expect([...(take?.taken ?? []), ...(take?.gone ?? [])].map(({ best: number }) => number)).toEqual([2, undefined, 3]);
});

test('a key that may have expired is told of by Redis, or under a simulated clock by the time of the judgment', () => {
  const effect: Effect = { do: 'take', key: 'k', taken: [], gone: [], expiry: { fromMs: 1000, effects: [] } };
  const simulated = portfolioOf('sim', { simulatedClock: true });
  const at = (nowMs: number) => new EffectPacker(simulated, nowMs).pack([effect])[0]?.expires;
  expect([pack(effect)[0]?.expires, at(999), at(1000)]).toEqual(['1000', undefined, '0']);
});

test.each<[Effect, string]>([
  [{ do: 'emit', stream: 'out', fields: {} }, 'emit {fund-a}:stream:out: expected at least one field, got none'],
  [{ do: 'hset', key: 'k', fields: {} }, 'hset {fund-a}:k: expected at least one field, got none'],
  [{ do: 'set', key: 'k', value: '', ttlSec: 0 }, 'expected a time to live of whole seconds from 1 on, got 0'],
  [{ do: 'set', key: 'k', value: '', ttlSec: 1.5 }, 'got 1.5'],
  [{ do: 'zadd', key: 'k', score: Number.NaN, member: 'm' }, 'expected a finite number to write, got NaN'],
  [{ do: 'later', handler: 'h', id: '1', delayMs: Infinity, fields: {} }, 'got Infinity'],
])('%j is refused before it reaches Redis', (effect, problem) => {
  expect(() => pack(effect)).toThrow(problem);
});

test('an entry made of the fields of its source alone is fine', () => {
  const effect: Effect = { do: 'emit', stream: 'out', fields: {}, source: { omit: [], rename: [] } };
  expect(pack(effect)[0]?.copy).toEqual({ omit: [], rename: [] });
  expect(copiesSource(pack(effect))).toBe(true);
  expect(copiesSource(pack({ do: 'del', key: 'k' }))).toBe(false);
});

test('fields of a source that is known exactly are sent, each as often as it is there, and none is copied in Redis', () => {
  const source = ['action', 'HOLD', 'note', '1', 'reason', 'R=4', 'note', '2'];
  const effect: Effect = {
    do: 'emit',
    stream: 'out',
    fields: { reason: 'warm' },
    source: { omit: ['action'], rename: ['reason'] },
  };
  const packed = new EffectPacker(portfolio, NOW_MS, source).pack([effect]);
  expect(packed[0]?.fields).toEqual(['reason', 'warm', 'note', '1', 'input_reason', 'R=4', 'note', '2']);
  expect(copiesSource(packed)).toBe(false);
});

test('a decision-log entry begins with its verdict, which a duplicate rewrites', () => {
  const entry = logEntry(
    { verdict: 'PERMIT', reason: 'ok', symbol: 'BTCUSDT' },
    { sourceStream: 's', sourceId: '1-0', handler: 'h', portfolio: 'p', mode: 'm', policyVersion: 'v', nowMs: NOW_MS },
  );
  expect(entry.slice(0, 2)).toEqual(['verdict', 'PERMIT']);
  const at = (name: string) => entry[entry.indexOf(name) + 1];
  expect(['symbol', 'plan_id', 'checks', 'facts', 'timestamp', 'source_id'].map(at)).toEqual([
    'BTCUSDT',
    '',
    '[]',
    '{}',
    String(NOW_MS / 1000),
    '1-0',
  ]);
});

test('a dead letter says where it comes from and why', () => {
  const letter = deadLetter('s.dlq', { id: '1-0', group: 'g', reason: 'why', attempts: 2, nowMs: NOW_MS });
  expect(letter.fields).toEqual([
    'dlq_id',
    '1-0',
    'dlq_group',
    'g',
    'dlq_reason',
    'why',
    'dlq_attempts',
    '2',
    'dlq_ts',
    String(NOW_MS / 1000),
  ]);
});

test.each([
  [{}, '{}'],
  [{ facts: '{"a":1}' }, '{"a":1}'],
  [{ facts: '{"a":1}', sharedFacts: { name: 'book', json: '{"b":2}' } }, '{"a":1,"book":{"b":2}}'],
  [{ sharedFacts: { name: 'book', json: '{"b":2}' } }, '{"book":{"b":2}}'],
])('the facts of a decision with %j read %s', (facts, text) => {
  const context = { sourceStream: 's', sourceId: '1-1', handler: 'h', portfolio: 'p', mode: '', policyVersion: '' };
  const entry = logEntry({ verdict: 'PASS', reason: 'ok', ...facts }, { ...context, nowMs: NOW_MS });
  expect([entry[entry.indexOf('facts') + 1]].flat().join('')).toBe(text);
});

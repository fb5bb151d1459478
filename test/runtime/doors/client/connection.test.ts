import { describe, expect, it } from 'vitest';
import { entriesOf, entriesOfRead, idOf, textOf, UnknownReply } from '../../../../runtime/doors/client/connection.ts';
import { PortcullisClient } from '../../../../runtime/doors/client/index.ts';

const STREAM = 'quantum:stream:governor.events';
const ENTRIES = [
  ['1-1', ['event', 'PERMIT', 'plan_id', 'p1']],
  ['1-2', null],
];
const READ = [
  { id: '1-1', fields: { event: 'PERMIT', plan_id: 'p1' } },
  { id: '1-2', fields: {} },
];

describe('the reply of a read', () => {
  it.each([
    ['ioredis 5, and 6 with protocol 2', [[STREAM, ENTRIES]]],
    ['ioredis 6', [STREAM, ENTRIES]],
    ['ioredis 6 with replyMapping resp3', { [STREAM]: ENTRIES }],
  ])('of %s has its entries', (_client, reply) => {
    expect(entriesOfRead(reply, STREAM).map(({ id, fields }) => ({ id, fields: { ...fields } }))).toEqual(READ);
  });

  it('that waited in vain has none', () => {
    expect(entriesOfRead(null, STREAM)).toEqual([]);
  });

  it.each([
    ['a word', 'OK'],
    ['nothing of the kind', undefined],
    ['a list of nothing', []],
    ['another stream', [['other', ENTRIES]]],
    ['another stream, flat', ['other', ENTRIES]],
    ['another stream, as an object', { other: ENTRIES }],
    ['two streams', [STREAM, ENTRIES, 'other', ENTRIES]],
    ['objects of another client', [{ name: STREAM, messages: [{ id: '1-1', message: { event: 'PERMIT' } }] }]],
    ['a Map', new Map([[STREAM, ENTRIES]])],
    ['bytes', [[Buffer.from(STREAM), ENTRIES]]],
    ['fields as an object', [[STREAM, [['1-1', { event: 'PERMIT' }]]]]],
    ['a field without a value', [[STREAM, [['1-1', ['event']]]]]],
    ['a value that is bytes', [[STREAM, [['1-1', ['event', Buffer.from('PERMIT')]]]]]],
    ['an id that is a number', [[STREAM, [[1, ['event', 'PERMIT']]]]]],
    ['an entry that is no list', [[STREAM, ['1-1']]]],
  ])('that is %s is refused, and not read as nothing', (_what, reply) => {
    expect(() => entriesOfRead(reply, STREAM)).toThrow(UnknownReply);
    expect(() => entriesOfRead(reply, STREAM)).toThrow(/^expected .+, got .+/);
  });
});

describe('other replies', () => {
  it.each([[null], [[STREAM, ENTRIES]], [{ '1-1': ['event', 'PERMIT'] }]])(
    'a range is a list of entries, not %j',
    (reply) => {
      expect(() => entriesOf(reply)).toThrow(UnknownReply);
    },
  );

  it.each([[Buffer.from('{}')], [1], [['{}']], [undefined]])('a value is text or null, not %j', (reply) => {
    expect(() => textOf(reply)).toThrow(UnknownReply);
  });

  it.each([[null], [Buffer.from('1-1')], ['OK']])('an id is an id, not %j', (reply) => {
    expect(() => idOf(reply)).toThrow(UnknownReply);
  });

  it('what they say is cut where it is long', () => {
    expect(() => textOf(['x'.repeat(5_000)])).toThrow(/^.{50,300}$/);
  });
});

describe('a client', () => {
  it.each([[undefined], [{}], ['redis://127.0.0.1:6379']])('is refused over %j', (redis) => {
    expect(() => new PortcullisClient(redis as never)).toThrow(
      /^expected a connection of ioredis 5 or 6 \(call\(command, \.\.\.args\)\), got /,
    );
  });

  it.each([
    ['plan', (client: PortcullisClient) => client.plan({ plan_id: 'p', symbol: 'BTCUSDT', action: 'HOLD' })],
    ['wait', (client: PortcullisClient) => client.waitForVerdict({ plan_id: 'p', id: '1-1', events_after: '0-0' })],
    [
      'propose',
      (client: PortcullisClient) => client.propose({ plan_id: 'p', symbol: 'BTCUSDT', action: 'FULL_CLOSE' }),
    ],
    ['take', (client: PortcullisClient) => client.takePermit('p')],
    ['follow', (client: PortcullisClient) => client.followCalibrated(FOLLOW, () => undefined)],
  ])('ends with the first reply that it does not know (%s)', async (_what, use) => {
    const sent: string[] = [];
    const redis = {
      call: (command: string) => {
        sent.push(command);
        return Promise.resolve(command === 'XGROUP' ? 'OK' : { unknown: 'shape' });
      },
    };
    await expect(use(new PortcullisClient(redis))).rejects.toThrow(UnknownReply);
    expect(sent.filter((command) => command !== 'XGROUP')).toHaveLength(1);
  });
});

const FOLLOW = { group: 'g', consumer: 'c', signal: new AbortController().signal };

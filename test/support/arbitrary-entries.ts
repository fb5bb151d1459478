import fc from 'fast-check';

/** A flat entry which a program may write: names and values in turn, text or bytes. */
export type AnyEntry = readonly (string | Buffer)[];

const NAMES = [
  'plan_id',
  'symbol',
  'action',
  'harvest_action',
  'decision',
  'kill_score',
  'side',
  'qty',
  'close_qty',
  'price',
  'mark_price',
  'notional_usd',
  'reduceOnly',
  'reason',
  'reason_codes',
  'trace_id',
  'timestamp',
  'ts_epoch',
  'executed',
  'error',
  'tick_id',
  'scheduled_ms',
  'dlq_id',
  'position_qty',
  'position_notional_usd',
  'sigma',
  '__proto__',
  'constructor',
  '',
];

const NUMBERS = [
  '0',
  '-0',
  '1',
  '-2.5',
  '1e400',
  '-1e400',
  '1e-400',
  'NaN',
  'Infinity',
  '0x10',
  ' 5 ',
  '1,5',
  '9'.repeat(400),
];
const WORDS = [
  'true',
  'False',
  'EXECUTE',
  'OPEN',
  'FULL_CLOSE',
  'FULL_CLOSE_PROPOSED',
  'HOLD',
  'BUY',
  'BTCUSDT',
  'null',
  '{}',
];
/** A lone surrogate as some encoders write it, an overlong zero, and bytes that begin nothing. */
const BYTES = [
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [0xff, 0xfe, 0x00, 0x80],
  [0xf0, 0x9f, 0x98],
].map((one) => Buffer.from(one));

const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, fc.string({ unit: 'binary', maxLength: 8 }));
const value: fc.Arbitrary<string | Buffer> = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom(...NUMBERS),
  fc.double().map(String),
  fc.constantFrom('', ' ', '\u0000', '\ud800', 'ünï¢ôdé', '😀', 'x'.repeat(129)),
  fc.constantFrom(...BYTES),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const pair = fc.tuple(name, value);
const pairs = fc.array(pair, { minLength: 1, maxLength: 14 });
const huge = fc
  .tuple(pairs, fc.constantFrom(90, 256, 300))
  .map(([some, kib]) => [...some, ['note', Buffer.alloc(kib * 1024, 0xff)]]);
const many = fc
  .integer({ min: 150, max: 260 })
  .map((count) => Array.from({ length: count }, (_, at) => [`f${at}`, 'v']));
const usable = [
  ['plan_id', 'p1'],
  ['symbol', 'BTCUSDT'],
  ['action', 'OPEN'],
];

/** Entries of any fields, a good part of them usable but for what comes with it. */
export const anyEntry: fc.Arbitrary<AnyEntry> = fc.oneof(
  { weight: 10, arbitrary: pairs.map((some) => some.flat()) },
  { weight: 10, arbitrary: pairs.map((some) => [...usable, ...some].flat()) },
  { weight: 1, arbitrary: huge.map((some) => [...usable, ...some].flat() as (string | Buffer)[]) },
  { weight: 1, arbitrary: many.map((some) => [...usable, ...some].flat()) },
);

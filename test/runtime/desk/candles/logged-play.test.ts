import { describe, expect, it } from 'vitest';
import { type LoggedPlay, loggedPlay, type PlayableLog } from '../../../../runtime/desk/candles/logged-play.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';

const T0 = Date.UTC(2026, 0, 5, 10);
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

type Entry = readonly [minutes: number, fields: Readonly<Record<string, unknown>>];

const entry = (handler: string, symbol: string, plan_id: string, action: string, more: object = {}) => ({
  ...{ handler, symbol, plan_id, action, verdict: 'PERMIT', reason: 'ok', portfolio: 'one' },
  ...more,
});
const plan = (symbol: string, id: string, action: string, input: object = {}, more: object = {}) =>
  entry('governor', symbol, id, action, { input, ...more });
const exit = (symbol: string, id: string, more: object = {}) =>
  entry('heat-gate', symbol, id, 'FULL_CLOSE', { verdict: 'DOWNGRADE', ...more });

async function* pagesOf(entries: readonly Entry[]) {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const decisions = entries.map(([minutes, fields], at) => ({
    id: `${T0 + minutes * MINUTE_MS}-${at}`,
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, text(value)] as const)),
  }));
  yield { decisions, share: 1 };
}

async function read(entries: readonly Entry[], portfolio?: string): Promise<PlayableLog> {
  return await loggedPlay(pagesOf(entries), ALL, portfolio);
}

async function found(entries: readonly Entry[], portfolio?: string): Promise<LoggedPlay> {
  const play = await read(entries, portfolio);
  if ('reason' in play) throw new Error(`expected it to be playable, got ${play.reason}`);
  return play;
}

const BUY = { side: 'BUY', qty: 2, price: 100, kill_score: 0.3 };
const OPEN = plan('AUSDT', 'open', 'OPEN_LONG', BUY);
const EXIT = exit('AUSDT', 'exit', {
  input: { reason: 'took profit, at last', reason_codes: 'time' },
  strategy: 'trend',
});
const CARRIED_OUT = plan('AUSDT', 'exit', 'FULL_CLOSE', { side: 'SELL', qty: 2, reduce_only: true });

describe('the proposals of a log', () => {
  it('are its plans that open, blocked ones too, and its exits, whose plans are not proposed again', async () => {
    const blocked = plan(
      'BUSDT',
      'no',
      'SELL',
      { notional_usd: 500 },
      { verdict: 'BLOCK', reason: 'max_positions_reached' },
    );
    const play = await found([
      [0, OPEN],
      [1, blocked],
      [70, EXIT],
      [71, CARRIED_OUT],
    ]);
    expect(play.proposals).toEqual([
      { atMs: T0, proposal: { open: 'AUSDT', side: 'BUY', qty: 2, kill_score: 0.3, plan_id: 'open' } },
      {
        atMs: T0 + MINUTE_MS,
        proposal: { open: 'BUSDT', side: 'SELL', notional_usd: 500, kill_score: 0, plan_id: 'no' },
      },
      {
        atMs: T0 + 70 * MINUTE_MS,
        proposal: {
          ...{ close: 'AUSDT', reason: 'took profit, at last', reason_codes: 'time' },
          ...{ plan_id: 'exit', strategy: 'trend' },
        },
      },
    ]);
    expect(play).toMatchObject({ opens: 2, closes: 1, held: [], notCarried: {} });
    expect(play).toMatchObject({ fromMs: T0, toMs: T0 + 71 * MINUTE_MS, equityUsd: undefined });
  });

  it('are closes of a part, and those that never were an exit, past the heat gate', async () => {
    const play = await found([
      [0, OPEN],
      [70, entry('heat-gate', 'AUSDT', 'half', 'PARTIAL_50_PROPOSED', { verdict: 'PASS' })],
      [71, plan('AUSDT', 'half', 'PARTIAL_50', { qty: 1 })],
      [80, plan('AUSDT', 'liquidated', 'SELL', { side: 'SELL', qty: 0.5, reduce_only: true })],
      [90, plan('AUSDT', 'quarter', 'PARTIAL_25')],
      [95, plan('AUSDT', 'all', 'FULL_CLOSE_PROPOSED')],
    ]);
    expect(play.proposals.slice(1).map(({ proposal }) => proposal)).toEqual([
      { close: 'AUSDT', reason: 'strategy_exit', share: 0.5, plan_id: 'half' },
      { close: 'AUSDT', reason: 'SELL', straight: true, qty: 0.5, plan_id: 'liquidated' },
      { close: 'AUSDT', reason: 'PARTIAL_25', straight: true, share: 0.25, plan_id: 'quarter' },
      { close: 'AUSDT', reason: 'FULL_CLOSE_PROPOSED', straight: true, plan_id: 'all' },
    ]);
  });

  it('are counted by why where they cannot be carried as they were', async () => {
    const play = await found([
      [0, OPEN],
      [1, plan('AUSDT', 'open', 'OPEN_LONG', BUY)],
      [2, plan('AUSDT', 'ignored', 'OPEN_LONG', BUY, { verdict: 'IGNORED' })],
      [3, plan('AUSDT', 'again', 'OPEN_LONG', BUY, { verdict: 'DUPLICATE' })],
      [4, plan('BUSDT', 'how-much', 'OPEN_LONG', { side: 'BUY' })],
      [5, plan('BUSDT', 'which-way', 'OPEN', { qty: 1 })],
      [6, plan('BUSDT', 'nothing', 'OPEN_LONG', { side: 'BUY', qty: 0 })],
      [7, plan('AUSDT', 'sl', 'UPDATE_SL')],
      [8, plan('AUSDT', 'hold', 'HOLD')],
      [70, EXIT],
      [75, EXIT],
    ]);
    expect(play).toMatchObject({ opens: 1, closes: 1 });
    expect(play.notCarried).toEqual({
      'open of no known side or size': 3,
      'exit that was proposed again by its id': 1,
      'moved stop': 1,
      'plan that was sent again by its id': 1,
    });
  });

  it('make a close an hour later that came in the hour of its open, at the exact end of it too', async () => {
    const at = async (open: number, close: number) => {
      const play = await found([
        [open, OPEN],
        [close, EXIT],
      ]);
      return { made: (play.proposals.at(-1)?.atMs ?? 0) - T0, late: Object.values(play.notCarried)[0] ?? 0 };
    };
    // 10:01 to 11:00 is one hour, which is played at 11:00.
    expect(await at(1, 60)).toEqual({ made: HOUR_MS + 1, late: 1 });
    expect(await at(1, 61)).toEqual({ made: 61 * MINUTE_MS, late: 0 });
    expect(await at(0, 1)).toEqual({ made: MINUTE_MS, late: 0 });
  });

  it('know what is held that no plan opened: since when it is seen, and how much where that is said', async () => {
    const cycle = (...budgets: readonly (readonly [string, number])[]) =>
      entry('risk-governor', '', '', '', {
        facts: {
          equity_usd: 5000,
          budgets: budgets.map(([symbol, position_notional]) => ({ symbol, budget_usd: 1, position_notional })),
        },
      });
    const exposed = { exposure: { positions: 1, largest: [{ symbol: 'CUSDT', qty: -4, notional_usd: 80 }] } };
    const play = await found([
      [0, cycle(['AUSDT', 0], ['CUSDT', 0])],
      [30, cycle(['AUSDT', 0], ['CUSDT', 80], ['DUSDT', 20], ['EUSDT', 1])],
      [40, plan('AUSDT', 'open', 'OPEN_LONG', BUY, { facts: exposed })],
      [50, cycle(['AUSDT', 200])],
      [
        110,
        { ...EXIT, facts: { heat: 1, bucket: 'COLD', equity_usd: 5100, thresholds: { heat_min: 1, heat_max: 2 } } },
      ],
      [120, plan('DUSDT', 'd', 'FULL_CLOSE', {}, { facts: { position_qty: 7 } })],
    ]);
    expect(play.held).toEqual([
      { atMs: T0 + 30 * MINUTE_MS, symbol: 'CUSDT', qty: -4 },
      { atMs: T0 + 30 * MINUTE_MS, symbol: 'DUSDT', qty: 7 },
    ]);
    expect(play.notCarried).toEqual({ 'position that no plan opened, of no known size': 1 });
    expect(play).toMatchObject({ equityUsd: 5000, endEquityUsd: 5100 });
  });

  it('are of the portfolio that is named, and of the time', async () => {
    const other = { ...plan('BUSDT', 'other', 'OPEN_LONG', BUY), portfolio: 'two' };
    const entries: readonly Entry[] = [
      [0, OPEN],
      [1, other],
      [70, EXIT],
    ];
    expect((await found(entries, 'one')).opens).toBe(1);
    expect((await found(entries)).opens).toBe(2);
    const range = { fromMs: T0 + MINUTE_MS, toMs: T0 + 70 * MINUTE_MS };
    expect(await loggedPlay(pagesOf(entries), range)).toMatchObject({ opens: 1, closes: 1, fromMs: range.fromMs });
  });
});

describe('a log that cannot be played again', () => {
  it.each([
    ['is empty', [], 'there is no decision in it'],
    ['has no plan', [[0, EXIT]], 'it has no plan of the governor, so that what was opened is not known'],
    [
      'opens nothing',
      [
        [0, plan('AUSDT', 'c', 'FULL_CLOSE')],
        [1, EXIT],
      ],
      'nothing is opened or held in it',
    ],
    [
      'has a hole of over 12 h',
      [
        [0, OPEN],
        [12 * 60 + 1, EXIT],
      ],
      'it has no decision from 2026-01-05T10:00Z to 2026-01-05T22:01Z, so that what was proposed then is not known',
    ],
  ] as const)('says that it %s', async (_name, entries, reason) => {
    expect(await read(entries)).toEqual({ reason: `the log cannot be played again: ${reason}` });
  });

  it('is none without an exit, of which there are none then', async () => {
    expect(await found([[0, OPEN]])).toMatchObject({ opens: 1, closes: 0, exits: 0 });
  });

  it('is none with a gap of 12 h', async () => {
    expect(
      await found([
        [0, OPEN],
        [12 * 60, EXIT],
      ]),
    ).toMatchObject({ opens: 1, closes: 1 });
  });
});

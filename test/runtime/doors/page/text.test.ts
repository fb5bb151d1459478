import { describe, expect, it } from 'vitest';
import { faceOf } from '../../../../runtime/doors/page/text/face.ts';
import { count, counted, money, percent, ratio, signedMoney } from '../../../../runtime/doors/page/text/figures.ts';
import { dateTime, span, timeOfDay } from '../../../../runtime/doors/page/text/moments.ts';
import { modeWords, toneOf, wordToType } from '../../../../runtime/doors/page/text/words.ts';

const gate = (mode: string, enforcing: boolean) => ({
  gate: 'heat-gate',
  mode,
  enforcing,
  actor: '',
  reason: '',
  since: null,
  candidate: null,
  foreign: null,
  skips: [],
});
const heat = {
  value: 0.267,
  bucket: 'WARM' as const,
  heat_min: 0.25,
  heat_max: 0.65,
  cause: null,
  meanwhile: null,
  risk_usd: 1,
  positions: 1,
  silent: 0,
  sigma_missing: [],
  notional_missing: [],
};
const running = {
  heat,
  kill: { on: false, actor: null, reason: null, since: null },
  trading_state: 'ACTIVE' as const,
  armed: true,
  gates: [gate('shadow', false)],
};

describe('figures', () => {
  it.each([
    [money(999.994), '$999.99'],
    [money(1000), '$1,000'],
    [money(-0.001), '$0.00'],
    [money(null), '–'],
    [money(Number.NaN), '–'],
    [signedMoney(12.5), '+$12.50'],
    [signedMoney(-12.5), '−$12.50'],
    [signedMoney(0), '$0.00'],
    [ratio(0.2649), '0.26'],
    [ratio(-0.001), '0.00'],
    [percent(0.125), '12.5 %'],
    [percent(undefined), '–'],
    [count(1234567), '1,234,567'],
    [counted(1, 'plan'), '1 plan'],
    [counted(0, 'entry', 'entries'), '0 entries'],
  ])('%s is %s', (got, expected) => {
    expect(got).toBe(expected);
  });
});

describe('moments', () => {
  it('are in UTC to the second, and a time that is none is a dash', () => {
    expect(dateTime(Date.UTC(2021, 4, 19, 13, 0, 0), 'utc')).toBe('2021-05-19 13:00:00');
    expect(timeOfDay(Date.UTC(2021, 4, 19, 13, 0, 5), 'utc')).toBe('13:00:05');
    expect(dateTime(Number.NaN, 'utc')).toBe('–');
    expect(timeOfDay(Number.NaN, 'utc')).toBe('–');
  });

  it.each([
    [-1, '0 s'],
    [99.4, '99 s'],
    [100, '2 min'],
    [5_999, '100 min'],
    [6_000, '2 h'],
    [172_800, '2 d'],
    [63_115_199, '730 d'],
    [63_115_200, '2 years'],
    [Number.NaN, '–'],
  ])('%s s is %s', (seconds, words) => {
    expect(span(seconds)).toBe(words);
  });
});

describe('words', () => {
  it.each([
    ['shadow', 'SHADOW', 'watching', undefined],
    ['enforce', 'ENFORCE', 'acting', 'ENFORCE'],
    ['testnet', 'TESTNET', 'partly', undefined],
    ['production', 'PRODUCTION', 'acting', 'PRODUCTION'],
    ['dry_run', 'DRY RUN', 'watching', undefined],
    ['', 'NO MODE', 'watching', undefined],
    ['constructor', 'CONSTRUCTOR', 'acting', 'CONSTRUCTOR'],
    ['deny', 'DENY', 'acting', 'DENY'],
  ])('of mode %s are %s, %s, to type: %s', (mode, word, force, typed) => {
    expect(modeWords(mode)).toMatchObject({ word, force });
    expect(wordToType(mode)).toBe(typed);
  });

  it('of a mode of a gate of your own are calm only where the gate is silent in it', () => {
    expect(modeWords('observe', true)).toEqual({ word: 'OBSERVE', force: 'watching', says: 'changes nothing' });
    expect(wordToType('observe', true)).toBeUndefined();
    expect(modeWords('enforce', true).force).toBe('acting');
  });

  it.each([
    ['PERMIT', 'passed'],
    ['BLOCK', 'stopped'],
    ['WOULD_BLOCK', 'stopped'],
    ['DOWNGRADE', 'changed'],
    ['BUDGETS', 'noted'],
    ['toString', 'noted'],
  ])('%s is %s', (verdict, tone) => {
    expect(toneOf(verdict)).toBe(tone);
  });
});

describe('the face of the tab', () => {
  it.each([
    ['all watch', running, 'SHADOW · heat 0.27 WARM · Portcullis', 'watching'],
    ['all act', { ...running, gates: [gate('enforce', true)] }, 'ENFORCE · heat 0.27 WARM · Portcullis', 'acting'],
    [
      'one of two acts',
      { ...running, gates: [gate('enforce', true), gate('shadow', false)] },
      'ENFORCE 1 of 2 · heat 0.27 WARM · Portcullis',
      'partly',
    ],
    [
      'the kill switch is on',
      { ...running, kill: { ...running.kill, on: true } },
      'KILLED · heat 0.27 WARM · Portcullis',
      'killed',
    ],
    [
      'trading is halted',
      { ...running, trading_state: 'HALTED' as const },
      'HALTED · heat 0.27 WARM · Portcullis',
      'killed',
    ],
    [
      'the heat is not known',
      { ...running, heat: { ...heat, bucket: 'COLD' as const, cause: 'positions_stale' as const } },
      'SHADOW · heat UNKNOWN · Portcullis',
      'watching',
    ],
    [
      'plans that open are refused',
      { ...running, trading_state: 'REDUCING' as const },
      'REDUCING · heat 0.27 WARM · Portcullis',
      'reducing',
    ],
    [
      'the governor is disarmed, whatever the state',
      { ...running, trading_state: 'REDUCING' as const, armed: false },
      'DISARMED · heat 0.27 WARM · Portcullis',
      'reducing',
    ],
    [
      'a loss limit is reached',
      {
        ...running,
        loss: {
          known: true,
          unconfirmed: null,
          tripped: [{ reason: 'daily_loss_exceeded', loss: '5 %', limit: '4 %' }],
        },
      },
      'LOSS LIMIT · heat 0.27 WARM · Portcullis',
      'reducing',
    ],
    [
      'losses are not known',
      { ...running, loss: { known: false, unconfirmed: 'file', tripped: [] } },
      'LOSSES NOT KNOWN · heat 0.27 WARM · Portcullis',
      'reducing',
    ],
    [
      'a loss limit is set and not reached',
      { ...running, loss: { known: true, unconfirmed: null, tripped: [] } },
      'SHADOW · heat 0.27 WARM · Portcullis',
      'watching',
    ],
  ])('where %s', (_, state, title, icon) => {
    expect(faceOf(state, { connection: 'live' })).toEqual({ title, icon });
  });

  it('names the portfolio where there is more than one', () => {
    expect(faceOf(running, { connection: 'live', portfolio: 'fund-b' }).title).toBe(
      'SHADOW · fund-b · heat 0.27 WARM · Portcullis',
    );
  });

  it('says that the connection is lost, and still that trading was stopped', () => {
    const killed = { ...running, kill: { ...running.kill, on: true } };
    expect(faceOf(running, { connection: 'lost' })).toEqual({
      title: 'CONNECTION LOST · SHADOW · heat 0.27 WARM · Portcullis',
      icon: 'unknown',
    });
    expect(faceOf(killed, { connection: 'lost' })).toEqual({
      title: 'CONNECTION LOST · KILLED · heat 0.27 WARM · Portcullis',
      icon: 'killed',
    });
  });

  it('says nothing of a state that is not known', () => {
    expect(faceOf(undefined, { connection: 'connecting' })).toEqual({ title: 'Portcullis', icon: 'unknown' });
    expect(faceOf(undefined, { connection: 'lost' }).title).toBe('CONNECTION LOST · Portcullis');
  });
});

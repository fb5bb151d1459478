import { describe, expect, it } from 'vitest';
import { dayWords, demoHead, demoVerb } from '../../../../runtime/doors/page/text/demo-words.ts';

const hour = (played: number) => Date.UTC(2021, 4, 1, played) / 1000;

describe('how far a demo is', () => {
  it.each([
    [0, null, 'Day 1 of 31'],
    [1, hour(1), 'Day 1 of 31, 2021-05-01'],
    [24, hour(24), 'Day 1 of 31, 2021-05-01'],
    [25, hour(25), 'Day 2 of 31, 2021-05-02'],
    [744, hour(744), 'Day 31 of 31, 2021-05-31'],
  ])('after %i hours', (played, simulated_at, words) => {
    expect(dayWords({ played, hours: 744, simulated_at })).toBe(words);
  });

  it('begins a day with a single hour', () => {
    expect(dayWords({ played: 25, hours: 25, simulated_at: hour(25) })).toBe('Day 2 of 2, 2021-05-02');
  });
});

describe('the one button', () => {
  it.each([
    ['none', 'Play a demo month'],
    ['running', 'Stop the demo'],
    ['done', 'Delete the demo'],
    ['stopped', 'Play a demo month'],
    ['failed', 'Play a demo month'],
    ['lost', 'Play a demo month'],
  ] as const)('of one that is %s', (state, verb) => {
    expect(demoVerb({ state })).toBe(verb);
    expect(demoHead({ state })).toMatch(/[.:]$/);
  });
});

import { describe, expect, it } from 'vitest';
import { wordRun } from '../../schemas/words.ts';

describe('the words of a text', () => {
  it.each([
    ['stop_loss', ' stop loss '],
    ['emergency_stop_loss (R=-1.5)', ' emergency stop loss r 1 5 '],
    ['  Kill-Switch!  ', ' kill switch '],
    ['', ''],
    ['--- ()', ''],
    ['ÜBER größe', ' über größe '],
  ])('%j are %j', (text, words) => {
    expect(wordRun(text)).toBe(words);
  });
});

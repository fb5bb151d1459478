import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stated, type Tone, toned, untoned } from '../../../../runtime/doors/cli/style.ts';
import { runCli } from '../../../support/cli.ts';

const tones: readonly Tone[] = ['good', 'watch', 'bad', 'cold', 'unknown'];

describe('a tone', () => {
  it('is taken away whole, and leaves what else a terminal understands', () => {
    const text = fc.string().filter((one) => !one.includes('\u001b'));
    fc.assert(
      fc.property(text, fc.constantFrom(...tones), (plain, tone) => {
        expect(untoned(toned(tone, plain))).toBe(plain);
        expect(toned(tone, plain)).not.toBe(plain);
      }),
    );
    expect(untoned('\r\u001b[2Kbar')).toBe('\r\u001b[2Kbar');
  });

  it.each(['HOT', 'WARM', 'COLD', 'HALTED', 'BLOCK', 'ok', 'broken', 'unknown'])('is given to %s', (word) => {
    expect(untoned(stated(word))).toBe(word);
    expect(stated(word)).not.toBe(word);
  });

  it('of what is unknown is that of nothing else', () => {
    const colour = (word: string) => stated('x', word);
    expect(['ok', 'COLD', 'WARM', 'HOT'].map(colour)).not.toContain(colour('unknown'));
  });

  it('is not given to words of which nothing is known', () => {
    expect(['', 'HOTUSDT', 'constructor', 'shadow'].map((word) => stated(word))).toEqual([
      '',
      'HOTUSDT',
      'constructor',
      'shadow',
    ]);
  });
});

it('an error is red where standard error shows colour, and its words are the same', async () => {
  const nowhere = 'redis://127.0.0.1:1';
  for (const argv of [['status'], ['kill', 'maybe']]) {
    const plain = await runCli(nowhere, argv);
    const { err } = await runCli(nowhere, argv, { colour: true });
    expect(untoned(err)).toBe(plain.err);
    expect(err).toContain(toned('bad', argv.length === 1 ? 'portcullis:' : 'error:'));
    expect(plain.err).not.toContain('\u001b');
  }
});

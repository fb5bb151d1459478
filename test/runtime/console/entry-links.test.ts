import { describe, expect, it } from 'vitest';
import { EntryLinks, LINK_LIFE_MS } from '../../../runtime/console/entry-links.ts';

describe('a one-time link', () => {
  it.each([
    ['at once', 0, true],
    ['a moment before its ten minutes are over', LINK_LIFE_MS - 1, true],
    ['after ten minutes', LINK_LIFE_MS, false],
  ])('%s: %s', (_sentence, waitedMs, opens) => {
    let nowMs = 1_000;
    const links = new EntryLinks(() => nowMs);
    const code = links.make();
    nowMs += waitedMs;
    expect(links.take(code)).toBe(opens);
    expect(links.take(code)).toBe(false);
  });

  it('is another one each time, and one that was used leaves the others as they are', () => {
    const links = new EntryLinks(() => 0);
    const [first, second] = [links.make(), links.make()];
    expect(first).not.toBe(second);
    expect(links.take(first)).toBe(true);
    expect(links.take(second)).toBe(true);
  });

  it('that never was opens nothing', () => {
    expect(new EntryLinks(() => 0).take('')).toBe(false);
  });
});

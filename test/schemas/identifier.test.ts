import { describe, expect, it } from 'vitest';
import { Identifier, identifierMessage } from '../../schemas/identifier.ts';

describe('an identifier of an entry', () => {
  it('is taken as it is', () => {
    expect(Identifier.parse('BTCUSDT')).toBe('BTCUSDT');
  });

  it.each([
    [undefined, 'got nothing (missing)'],
    ['', 'got "" (empty)'],
    ['x'.repeat(129), `got "${'x'.repeat(60)}…" (over 128 bytes)`],
    ['a b', 'got "a b" (not printable ASCII without blanks, ":", "{" and "}")'],
  ])('%j is refused with what was expected and what came', (text, got) => {
    const message = Identifier.safeParse(text).error?.issues[0]?.message;
    expect(message).toBe(`expected 1 to 128 bytes of printable ASCII without blanks, ":", "{" and "}", ${got}`);
    expect(identifierMessage(text)).toBe(message);
  });
});

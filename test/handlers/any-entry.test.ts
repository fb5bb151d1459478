import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { itemOf } from '../../runtime/engine/lane/reader.ts';
import { actionKind, closeFraction, isStopMove, plainAction } from '../../schemas/action.ts';
import { parseNumber } from '../../schemas/number.ts';
import { parsePositive, parseSnapshot } from '../../schemas/position.ts';
import { parseReservation } from '../../schemas/reservation.ts';
import { parseTimeMs, timeOf } from '../../schemas/time.ts';
import { fieldsOf, identifierProblem, overLimit, parseBoolean } from '../../schemas/wire.ts';
import { anyEntry } from '../support/arbitrary-entries.ts';

const flat = anyEntry.map((entry) => entry.map(String));

test.each((await loadHandlers()).map((handler) => [handler.name, handler] as const))(
  '%s understands any entry, or says why it does not',
  (_name, handler) => {
    const settings = handler.settings.parse({});
    fc.assert(
      fc.property(flat, (entry) => {
        const source = fieldsOf(entry);
        expect(() => handler.message.safeParse(source)).not.toThrow();
        const item = itemOf({ handler, settings }, { id: '1700000000000-0', flat: entry });
        expect(item.dead ?? 'invalid_message: ').toMatch(/^(?:invalid_message|over_limit): /);
      }),
      { numRuns: 300 },
    );
  },
);

test('a snapshot of any fields is a position with finite figures, or none', () => {
  fc.assert(
    fc.property(flat, (entry) => {
      const position = parseSnapshot('1700000000000-0', fieldsOf(entry));
      const { qty, notional, markPrice, sigma, atMs } = position ?? {};
      for (const figure of [qty, notional, markPrice, sigma, atMs]) {
        expect(figure === undefined || Number.isFinite(figure)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('no parser of the wire throws, whatever the text', () => {
  const parsers: readonly ((text: string) => unknown)[] = [
    parseNumber,
    parsePositive,
    parseTimeMs,
    parseBoolean,
    parseReservation,
    identifierProblem,
    plainAction,
    closeFraction,
    isStopMove,
    (text) => actionKind(text, false),
    (text) => timeOf(fieldsOf(['timestamp', text, 'ts_epoch', text])),
    (text) => overLimit([text, text]),
  ];
  fc.assert(
    fc.property(flat, (entry) => {
      const parseAll = () => entry.map((text) => parsers.map((parse) => parse(text)));
      expect(parseAll).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

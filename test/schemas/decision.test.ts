import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { recorded } from '../../schemas/decision.ts';

const A = z.object({ a: z.number() });
const B = z.object({ b: z.number() });

it('reads each text by each schema as if it had read nothing before', () => {
  const texts = fc.oneof(
    fc.record({ a: fc.integer(), b: fc.integer() }).map((value) => JSON.stringify(value)),
    fc.constantFrom('', '{', 'null', '{"a":"1"}', '{"b":2}'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(texts, fc.constantFrom(A, B)), { maxLength: 30 }), (reads) => {
      for (const [text, schema] of reads) {
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          value = undefined;
        }
        expect(recorded<unknown>(schema, text)).toEqual(schema.safeParse(value).data);
      }
    }),
  );
});

it('reads a text once for all that ask for it by one schema, one after the other', () => {
  const text = '{"a":1,"b":2}';
  const first = recorded(A, text);
  expect(recorded(B, text)).toEqual({ b: 2 });
  expect(recorded(A, text)).toBe(first);
  for (const other of ['1', '2', '3', '4']) recorded(A, other);
  expect(recorded(A, text)).not.toBe(first);
  expect(recorded(A, text)).toEqual(first);
});

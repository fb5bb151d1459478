import { z } from 'zod';
import { StreamId } from '../../../schemas/api/shapes.ts';
import { MOMENT_FORMS, momentOf, spanMs } from '../../../schemas/moment.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { quoted } from '../../../schemas/setting.ts';
import { identifierProblem } from '../../../schemas/wire.ts';

/** The parameters of a query as they come; one given twice is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

const DEFAULT_LIMIT = 100;
const MOST_ENTRIES = 200;
const MOST_CHARACTERS = 200;
const IDENTIFIER = 'printable ASCII without blanks, ":", "{" and "}"';

/** Of a parameter that is given twice, the last wins. */
export function lastOf(given: Query[string]): string | undefined {
  return typeof given === 'string' || given === undefined ? given : given.at(-1);
}

/** A parameter as messages show it. */
function came(text: string | undefined): string {
  return text === undefined ? 'nothing' : quoted(text);
}

/**
 * A parameter of a query, of which the last counts: `schema` says what `read` makes of its text, and stands in the
 * document; `problem` says of a text that it does not take what was expected, and what came.
 */
function parameter<S extends z.ZodType>(
  schema: S,
  problem: (text: string | undefined) => string,
  read: (text: string) => unknown = (text) => text,
) {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input' });
  return z
    .preprocess((given, context) => {
      const text = lastOf(given as Query[string]);
      const result = schema.safeParse(text === undefined ? undefined : read(text));
      if (result.success) return result.data;
      context.addIssue({ code: 'custom', message: problem(text) });
      return z.NEVER;
    }, z.custom<z.output<S>>())
    .meta(described);
}

/** A parameter that is what `make` makes of its text, and may be left out; a text of which it makes nothing is refused. */
function optional<T>(expected: string, make: (text: string) => T | undefined) {
  const made = z.string().transform((text, context): T => {
    const value = make(text);
    if (value !== undefined) return value;
    context.addIssue(expected);
    return z.NEVER;
  });
  return parameter(made.optional(), (text) => `expected ${expected}, got ${came(text)}`);
}

/** A moment such as `48h`, or a time. */
export function moment(description: string) {
  const forms = 'a span such as 30m, 48h or 7d before now, or a time of ISO 8601';
  return optional(MOMENT_FORMS, momentOf).describe(`${description}: ${forms}`);
}

/** A span such as `24h`, above 0: ms. */
export function span(description: string) {
  const above0 = (text: string) => spanMs(text) || undefined;
  return optional('a span such as 30m, 24h or 7d, above 0', above0).describe(`${description}: such as 30m, 24h or 7d`);
}

/** `true` or `false`. */
export function yesOrNo(description: string) {
  const meant = (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined);
  return optional('true or false', meant).describe(description);
}

/** A filter by text of up to 200 characters: undefined where it is left out or blank. */
export function filter(description: string) {
  const schema = z.string().max(MOST_CHARACTERS).optional();
  const problem = (text = '') => `expected up to ${MOST_CHARACTERS} characters, got ${text.trim().length}`;
  return parameter(schema, problem, (text) => text.trim() || undefined).describe(description);
}

/** A finite number; `initial` is what holds where it is left out. */
export function number(initial?: number) {
  const schema = initial === undefined ? z.number() : z.number().default(initial);
  return parameter(schema, (text) => `expected a finite number, got ${came(text)}`, numberOf);
}

/**
 * The gate that is asked about, which has to be named; which there are, the handlers say. `read` makes text of what is
 * given.
 */
export function gateNamed(description: string, read: (given: Query[string]) => string | undefined = lastOf) {
  return z.preprocess((given) => read(given as Query[string]) ?? '', z.string()).meta({ description, required: true });
}

/** A symbol as contract §0 allows it. */
export const symbol = parameter(
  z.string().refine((text) => identifierProblem(text) === undefined),
  identifierExpected,
);

/** The parameters of the path that names a plan, by an id as contract §0 allows it. */
export const OfPlan = z.object({ id: z.string() }).superRefine(({ id }, context) => {
  if (identifierProblem(id) === undefined) return;
  context.addIssue({ code: 'custom', path: ['plan_id'], message: identifierExpected(id) });
});

/** The parameters of the path that names a stream. */
export const OfStream = z.object({ stream: z.string() });

/** The number of entries of a page. */
export const limit = parameter(
  z.int().min(1).max(MOST_ENTRIES).default(DEFAULT_LIMIT),
  (text) => `expected a whole number from 1 to ${MOST_ENTRIES}, got ${came(text)}`,
  numberOf,
).describe('Entries of the page at most');

/** The id before which a page goes on, without zeros in front. */
export const before = optional('the id of an entry such as 1717000000000-0', plainId).describe(
  'Only entries older than this id: `next` of the page before',
);

/** The parameters of a list that goes from the newest back. */
export const Page = z.looseObject({ limit, before });

/** What was expected of an identifier, and what came. */
export function identifierExpected(text: string | undefined): string {
  return `expected ${IDENTIFIER}, got ${came(text)}`;
}

/** The number of a text; what is none is a number that no schema takes. */
function numberOf(text: string): number {
  return parseNumber(text) ?? Number.NaN;
}

/** An id without zeros in front, or `undefined` for text that is none: both parts are 64-bit numbers. */
function plainId(text: string): string | undefined {
  if (!StreamId.safeParse(text).success) return undefined;
  const parts = text.split('-').map(BigInt);
  return parts.every((part) => part < 2n ** 64n) ? parts.join('-') : undefined;
}

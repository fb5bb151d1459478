import { z } from 'zod';
import { issuesText } from '../../schemas/issues.ts';
import type { ModeSpec } from './handler.ts';
import type { GateHealthShape } from './listener.ts';

const text = z.string().regex(/\S/, 'expected words, got none');
const texts = z.array(text);
const functionOf = z.custom((given) => typeof given === 'function', {
  error: ({ input }) => `expected a function, got ${typeof input}`,
});
const TOUCHES = ['open_positions', 'stored_budgets', 'permits'] as const satisfies ModeSpec['touches'][];

const TELLS = ['lanes', 'progress', 'mode'] as const satisfies GateHealthShape['tells'][];

/** What a declaration is made of, so that whoever reads one need not doubt it; what it says is looked at elsewhere. */
const DeclaredShape = z.looseObject({
  input: z.looseObject({ summary: text, writers: z.string().optional(), readers: z.string().optional() }).optional(),
  outputs: z.array(z.looseObject({})).optional(),
  modes: z
    .looseObject({
      settings: texts,
      values: texts.min(1, 'expected a mode, got none'),
      silent: texts,
      words: z.record(z.string(), z.string()),
      touches: z
        .enum(TOUCHES, { error: ({ input }) => `expected one of ${TOUCHES.join(', ')}, got ${JSON.stringify(input)}` })
        .optional(),
      storedIn: text.optional(),
      conflict: functionOf.optional(),
    })
    .optional(),
  withoutModes: text.optional(),
  listeners: z.array(z.looseObject({})).optional(),
  lookups: z.array(z.looseObject({})).optional(),
  health: z
    .looseObject({
      tells: z.enum(TELLS, {
        error: ({ input }) => `expected one of ${TELLS.join(', ')}, got ${JSON.stringify(input)}`,
      }),
      service: z.string(),
    })
    .optional(),
  policySettings: texts.optional(),
  policyBeside: texts.optional(),
  reasons: z.looseObject({}).optional(),
  checks: z
    .record(
      z.string(),
      z.strictObject({
        name: text,
        unit: z.string().optional(),
        setting: text.optional(),
        none: text.optional(),
        limit: text.optional(),
      }),
    )
    .optional(),
  whatIf: z.looseObject({ size: z.looseObject({}).optional() }).optional(),
});

/** What a declaration is made of that it may not be, in words; undefined where nothing is. */
export function shapeProblem(declared: unknown): string | undefined {
  const { error } = DeclaredShape.safeParse(declared);
  return error && issuesText(error).replaceAll(', received ', ', got ');
}

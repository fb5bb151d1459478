import { z } from 'zod';

/** A JSON schema as it stands in a document. */
export type JsonSchema = { readonly [name: string]: unknown };

/** Where a document keeps what several places refer to. */
const COMPONENTS = '#/components/schemas/';

/**
 * Turns zod schemas into the JSON schemas of one document: those with an id are collected in `components` and referred
 * to, the others stand where they are used.
 */
export class JsonSchemas {
  readonly components: Record<string, JsonSchema> = {};

  /** What somebody who asks gets: fields may be added one day, so that others are not forbidden. */
  answer(schema: z.ZodType): JsonSchema {
    return this.#converted(schema, 'output');
  }

  /** What somebody may send. */
  body(schema: z.ZodType): JsonSchema {
    return this.#converted(schema, 'input');
  }

  #converted(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs,
      ...converted
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        delete jsonSchema.readOnly;
        if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [name, { id: _id, ...shared }] of Object.entries($defs ?? {})) {
      this.components[name] = pointed(shared) as JsonSchema;
    }
    return pointed(converted) as JsonSchema;
  }
}

function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isReference = name === '$ref' && typeof inner === 'string';
      return [name, isReference ? inner.replace('#/$defs/', COMPONENTS) : pointed(inner)];
    }),
  );
}

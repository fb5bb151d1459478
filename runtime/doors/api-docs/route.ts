import type { z } from 'zod';

/** A parameter of the query. */
export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly required?: true;
  /** A JSON schema type, with its bounds. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A route of `/v1` as its readers see it. */
export interface DescribedRoute {
  readonly method: 'get' | 'post';
  /** Without `/v1`; parts that vary in braces. */
  readonly path: string;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly tag: string;
  /** What there is to know besides. */
  readonly description?: string;
  readonly query?: readonly QueryParameter[];
  readonly body?: z.ZodType;
  /** Which gates its `gate` may name: those with modes, or those with limits that a policy may set. */
  readonly gates?: 'modes' | 'limits';
  /** What is answered with 200; text for what is no JSON: its content type. */
  readonly answer: z.ZodType | 'text/event-stream';
  /** Whether it changes something, so that looking on is not enough. */
  readonly changes?: true;
  /** Refusals besides those that every route has. */
  readonly refusals?: readonly (404 | 409)[];
}

const text = { type: 'string', maxLength: 200 };

/** The parameters of a list that goes from the newest back. */
export const pageParameters: readonly QueryParameter[] = [
  {
    name: 'before',
    description: 'Only entries older than this id: `next` of the page before',
    schema: { type: 'string' },
  },
  {
    name: 'limit',
    description: 'Entries of the page at most',
    schema: { type: 'integer', minimum: 1, maximum: 200, default: 100 },
  },
];

/** A moment such as `48h`. */
export function momentParameter(name: string, description: string): QueryParameter {
  return {
    name,
    description: `${description}: a span such as 30m, 48h or 7d before now, or a time of ISO 8601`,
    schema: { type: 'string' },
  };
}

/** A filter by text. */
export function textParameter(name: string, description: string): QueryParameter {
  return { name, description, schema: text };
}

/** The gate that is asked about, which has to be named. */
export function gateParameter(description: string): QueryParameter {
  return { name: 'gate', description, required: true, schema: { type: 'string' } };
}

import { z } from 'zod';
import { parseJson } from './json.ts';

/** What a policy says instead of the environment: names of settings → text, as an environment would have it. */
export type Overrides = Readonly<Record<string, string>>;

/** A policy that is judged by beside the one in force, and of which nothing takes effect. Without a mode, that in force. */
export interface CandidatePolicy {
  readonly version: string;
  readonly mode?: string;
  readonly settings: Overrides;
}

const OverridesShape: z.ZodType<Overrides> = z.record(z.string(), z.string());

const CandidateShape = z.object({
  version: z.string().min(1),
  mode: z.string().optional(),
  settings: OverridesShape,
});

/** The overrides that a policy's JSON text holds: none without a text, `undefined` when it is something else. */
export function overridesOf(text: string | null | undefined): Overrides | undefined {
  return text === null || text === undefined || text === '' ? {} : OverridesShape.safeParse(parseJson(text)).data;
}

/** The candidate that a JSON text holds; `undefined` when it is something else. */
export function candidateOf(text: string): CandidatePolicy | undefined {
  const found = CandidateShape.safeParse(parseJson(text)).data;
  if (found === undefined) return undefined;
  const { version, mode, settings } = found;
  return { version, settings, ...(mode !== undefined && { mode }) };
}

/** Whether two sets of overrides say the same of the same names. */
export function sameTexts(one: Overrides, other: Overrides): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

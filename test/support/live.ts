import { readFileSync } from 'node:fs';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';

/** An entry or hash of test/fixtures/wire as the live system wrote it. */
export interface LiveSample {
  /** Stream id; empty for a hash. */
  readonly id: string;
  readonly fields: Fields;
}

/** The live sample of a stream (`apply.plan`) or hash (`hash.state-portfolio`). */
export function liveSample(name: string): LiveSample {
  const path = new URL(`../fixtures/wire/${name}.json`, import.meta.url);
  const sample = JSON.parse(readFileSync(path, 'utf8')) as { id?: string; fields: Record<string, string> };
  return { id: sample.id ?? '', fields: fieldsOf(Object.entries(sample.fields).flat()) };
}

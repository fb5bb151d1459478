import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { FactsOf, Read } from '../../../handlers/contract/reads.ts';
import type { Looked } from '../../engine/status/types.ts';

/** Reads facts of one portfolio as a handler reads them (`Runtime.look`). */
export type Look = <R extends Readonly<Record<string, Read<unknown>>>>(
  handler: AnyHandler,
  reads: R,
) => Promise<Looked<FactsOf<R>>>;

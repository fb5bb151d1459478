import type { AnyHandler } from '../../../handlers/common/handler.ts';
import type { FactsOf, Read } from '../../../handlers/common/reads.ts';
import type { Looked } from '../../types.ts';

/** Reads facts of one portfolio as a handler reads them (`Runtime.look`). */
export type Look = <R extends Readonly<Record<string, Read<unknown>>>>(
  handler: AnyHandler,
  reads: R,
) => Promise<Looked<FactsOf<R>>>;

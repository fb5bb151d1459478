import type { DescribedStream } from './described.ts';
import { inputs } from './inputs.ts';
import { internals } from './internals.ts';
import { operations } from './operations.ts';
import { outputs } from './outputs.ts';

/** Every stream of a portfolio. */
export const describedStreams: readonly DescribedStream[] = [...inputs, ...outputs, ...operations, ...internals];

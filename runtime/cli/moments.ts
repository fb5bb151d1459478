import { InvalidArgumentError } from 'commander';
import { MOMENT_FORMS, type Moment, momentOf } from '../ops/moment.ts';

/** A moment as an option says it, given the time it is now: Unix ms in, Unix ms out. */
export type MomentOption = Moment;

/** A moment given as an option; throws for a text that says none. */
export function momentOption(text: string): MomentOption {
  const moment = momentOf(text);
  if (moment !== undefined) return moment;
  throw new InvalidArgumentError(`expected ${MOMENT_FORMS}, got ${JSON.stringify(text)}`);
}

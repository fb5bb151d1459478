import { InvalidArgumentError } from 'commander';
import { MOMENT_FORMS, type Moment, momentOf, spanMs } from '../../../schemas/moment.ts';

/** A moment as an option says it, given the time it is now: Unix ms in, Unix ms out. */
export type MomentOption = Moment;

/** A moment given as an option; throws for a text that says none. */
export function momentOption(text: string): MomentOption {
  const moment = momentOf(text);
  if (moment !== undefined) return moment;
  throw new InvalidArgumentError(`expected ${MOMENT_FORMS}, got ${JSON.stringify(text)}`);
}

/** A span given as an option, in ms, above 0; throws for a text that says none. */
export function spanOption(text: string): number {
  const ms = spanMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError(`expected a span such as 30m, 24h or 7d, above 0, got ${JSON.stringify(text)}`);
}

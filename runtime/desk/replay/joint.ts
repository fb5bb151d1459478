import { otherExits, unfollowedExits } from '../../../handlers/common/otherwise/exits.ts';
import { heldMore, otherPositions } from '../../../handlers/common/otherwise/positions.ts';
import { type JointLoss, jointLosses, type Logged, NOTHING_CARRIED } from '../../../handlers/contract/carried.ts';
import type { Ruling } from '../../../handlers/contract/effects.ts';
import type { ReplayRules } from './rules.ts';

/** What could not be carried on: decisions by what it was, and symbols in which something is held at the end that the log never had, or closed. */
export type NotCarried = Readonly<Record<JointLoss | 'still_held', number>>;

/** Judges a decision by what is carried from those before it, and keeps that; memory does not grow with their number. */
export class JointRun {
  #carried = NOTHING_CARRIED;
  readonly #lost = new Map<JointLoss, number>();

  /** What a gate makes of a decision after those that came before it; `alone` is what it makes of it by itself. */
  judge(logged: Logged, { handler, settings, mode = logged.record.mode }: ReplayRules, alone: Ruling | undefined) {
    if (handler.joint === undefined) return alone;
    const { ruling, carried, lost } = handler.joint(logged, { settings, mode }, this.#carried);
    this.#carried = carried;
    if (lost !== undefined) this.#lost.set(lost, (this.#lost.get(lost) ?? 0) + 1);
    return ruling;
  }

  /** What could not be carried on until now. */
  notCarried(): NotCarried {
    const lost = Object.fromEntries(jointLosses.map((loss) => [loss, this.#lost.get(loss) ?? 0])) as NotCarried;
    const exits = lost.exit_otherwise + unfollowedExits(otherExits.in(this.#carried));
    return { ...lost, exit_otherwise: exits, still_held: heldMore(otherPositions.in(this.#carried)) };
  }
}

import { HOUR_MS } from '../../../schemas/duration.ts';
import { carriedPart } from '../../contract/carried.ts';

/** A full close of which another share of the position would be closed, until the plan that carries it out is judged. */
export interface OtherExit {
  readonly planId: string;
  readonly symbol: string;
  /** Unix ms of the exit's decision. */
  readonly atMs: number;
  /** Which share of the position is closed, above 0, at most 1: in the log, and here. */
  readonly logged: number;
  readonly here: number;
}

/** Exits that no plan has followed yet, oldest first, and how many were let go because none did within an hour. */
interface OtherExits {
  readonly waiting: readonly OtherExit[];
  readonly unfollowed: number;
}

/** The part of what is carried that the heat gate keeps and the governor reads. */
export const otherExits = carriedPart<OtherExits>('exits', { waiting: [], unfollowed: 0 });

/** What is otherwise after an exit was judged; one that is judged again counts once. */
export function afterExit({ waiting, unfollowed }: OtherExits, exit: OtherExit): OtherExits {
  const young = waiting.filter(({ atMs }) => exit.atMs - atMs < HOUR_MS);
  const others = young.filter(({ planId }) => planId !== exit.planId);
  const isOther = exit.logged !== exit.here;
  if (!isOther && others.length === waiting.length) return { waiting, unfollowed };
  return {
    waiting: isOther ? [...others, exit] : others,
    unfollowed: unfollowed + waiting.length - young.length,
  };
}

/** What is otherwise once a plan has carried an exit out. */
export function afterFollowed(exits: OtherExits, exit: OtherExit | undefined): OtherExits {
  return exit === undefined ? exits : { ...exits, waiting: exits.waiting.filter((one) => one !== exit) };
}

/** The exit that a plan carries out. */
export function exitOf({ waiting }: OtherExits, planId: string, symbol: string): OtherExit | undefined {
  return waiting.find((one) => one.planId === planId && one.symbol === symbol);
}

/** How many exits would have closed another part, and no plan tells that they were carried out. */
export function unfollowedExits({ waiting, unfollowed }: OtherExits): number {
  return waiting.length + unfollowed;
}

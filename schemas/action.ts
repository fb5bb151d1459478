/** What an action does to risk: reduces it, leaves it, or may add to it (contract §0, Actions). */
export type ActionKind = 'CLOSE' | 'NEUTRAL' | 'OPEN';

const PROPOSED = '_PROPOSED';
const CLOSE = new Set(['FULL_CLOSE', 'PARTIAL_75', 'PARTIAL_50', 'PARTIAL_25']);
const STOP_MOVES = new Set(['UPDATE_SL', 'MOVE_SL']);
const NEUTRAL = new Set(['HOLD', 'NOOP']);
const FRACTIONS: ReadonlyMap<string, number> = new Map([
  ['FULL_CLOSE', 1],
  ['PARTIAL_75', 0.75],
  ['PARTIAL_50', 0.5],
  ['PARTIAL_25', 0.25],
]);

/** The action without its `_PROPOSED` suffix: the spelling in which actions are compared. */
export function plainAction(action: string): string {
  return action.endsWith(PROPOSED) ? action.slice(0, -PROPOSED.length) : action;
}

/** The `_PROPOSED` suffix of an action, or the empty string. */
export function actionSuffix(action: string): string {
  return action.endsWith(PROPOSED) ? PROPOSED : '';
}

/** Whether an action only moves a stop. */
export function isStopMove(action: string): boolean {
  return STOP_MOVES.has(plainAction(action));
}

/** What an action does to risk. NEUTRAL whatever `reduceOnly` says; `reduceOnly` makes any other action a CLOSE. */
export function actionKind(action: string, reduceOnly: boolean): ActionKind {
  const plain = plainAction(action);
  if (NEUTRAL.has(plain)) return 'NEUTRAL';
  if (reduceOnly || CLOSE.has(plain) || STOP_MOVES.has(plain)) return 'CLOSE';
  return 'OPEN';
}

/** The share of the position that an exit closes: 1, 0.75, 0.5, 0.25, or `undefined` for any other action. */
export function closeFraction(action: string): number | undefined {
  return FRACTIONS.get(plainAction(action));
}

/** The exit that closes such a share of a position, or `undefined` where there is none. */
export function shareAction(share: number): string | undefined {
  return [...FRACTIONS].find(([, fraction]) => fraction === share)?.[0];
}

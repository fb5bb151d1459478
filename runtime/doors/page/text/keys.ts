/** What the keyboard does; none of these changes anything but the view. */
export const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['?', 'this list'],
  ['1 … 5', 'Overview, Decisions, Budgets, Shadow, Operations'],
  ['6', 'all portfolios, where there are several'],
  ['/', 'to the filter of the decisions'],
  ['Space', 'pause the tape, and let it go on'],
  ['t', 'light, dark, or as the system is'],
  ['u', 'times in UTC or local'],
  ['Esc', 'close what is open'],
];

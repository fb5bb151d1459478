/** The portfolio prefix of the demo: every key it touches starts with it. */
export const DEMO_PREFIX = 'demo';
/** The prefix of the same month with softened exits, while it is played. */
export const SOFTENED_PREFIX = 'demo-softened';

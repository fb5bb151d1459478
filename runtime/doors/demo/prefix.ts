/** The portfolio prefix of the demo: every key it touches starts with it. */
export const DEMO_PREFIX = 'demo';

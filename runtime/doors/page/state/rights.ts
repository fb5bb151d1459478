import { shownDemo } from './address.ts';
import { session } from './session.ts';

/** Whether this session may change something of what is on the page. */
export function mayChange(): boolean {
  return session.value?.role === 'operator' && !session.value.read_only && shownDemo.value === undefined;
}

/** Why it may change nothing; empty text where it may. */
export function whyNot(): string {
  if (mayChange()) return '';
  if (shownDemo.value !== undefined) return 'This is a demo: it is looked at, and nothing of it is changed.';
  return session.value?.read_only === true
    ? 'The console is read-only (CONSOLE_READ_ONLY=1): use the command line.'
    : 'You are signed in as a viewer: changes want the operator’s token.';
}

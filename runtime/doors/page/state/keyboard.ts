import { address, linkTo } from './address.ts';
import { pages } from './hash.ts';
import { nextTheme, otherZone } from './preferences.ts';

/** What keys do that belongs to a part of the page. */
export interface KeyTargets {
  help(): void;
  pause(): void;
}

/** Hears the keys listed in `shortcuts`, but not while somebody types or a dialog is open. */
export function followKeys(targets: KeyTargets): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    if (onKey(event.key, targets)) event.preventDefault();
  });
}

function onKey(key: string, targets: KeyTargets): boolean {
  const page = pages[Number(key) - 1];
  if (page !== undefined) {
    location.hash = linkTo(page);
    return true;
  }
  switch (key) {
    case '?':
      targets.help();
      return true;
    case '/':
      return toFilter();
    case ' ':
      if (address.value.page !== 'decisions') return false;
      targets.pause();
      return true;
    case 't':
      nextTheme();
      return true;
    case 'u':
      otherZone();
      return true;
    default:
      return false;
  }
}

function toFilter(): boolean {
  if (address.value.page !== 'decisions') location.hash = linkTo('decisions');
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById('filter-text')?.focus()));
  return true;
}

/** Keys belong to whoever has the focus: a field, a button (Space presses it), an open dialog. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input, textarea, select')) return true;
  return key === ' ' && target.matches('button, a, summary, [tabindex]');
}

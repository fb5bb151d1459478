import { computed, signal } from '@preact/signals';
import { type Address, addressOf, hashOf, type PageName } from './hash.ts';
import { session } from './session.ts';

/** Where somebody is now. */
export const address = signal<Address>(addressOf(globalThis.location?.hash ?? ''));

/** The portfolio on the page: the one in the address, else the first that is served. */
export const chosenPortfolio = computed(() => {
  const served = session.value?.portfolios ?? [];
  const named = address.value.params.get('portfolio');
  return served.find((prefix) => prefix === named) ?? served[0];
});

/** Follows the address bar from now on; another page is shown from its top. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    const { page } = address.peek();
    address.value = addressOf(location.hash);
    if (address.peek().page !== page) scrollTo(0, 0);
  });
}

/** A link to a page, on the portfolio that is on this one. */
export function linkTo(page: PageName, params: Readonly<Record<string, string | undefined>> = {}): string {
  return hashOf(page, { portfolio: address.value.params.get('portfolio') ?? undefined, ...params });
}

/** Changes parameters of this page without a new step in the browser's history. */
export function replaceParams(changes: Readonly<Record<string, string | undefined>>): void {
  const { page, params } = address.value;
  const hash = hashOf(page, { ...Object.fromEntries(params), ...changes });
  history.replaceState(history.state, '', hash);
  address.value = addressOf(hash);
}

import { computed, effect, signal } from '@preact/signals';
import { portfolioOfDemo } from '../../../../schemas/demo-prefix.ts';
import { type Address, addressOf, hashOf, isBare, type PageName } from './hash.ts';
import { session } from './session.ts';

/** Where somebody is now. */
export const address = signal<Address>(addressOf(globalThis.location?.hash ?? ''));

/** The demo that the address names; undefined where it names none. */
export const shownDemo = computed(() => {
  const named = address.value.params.get('portfolio') ?? '';
  return portfolioOfDemo(named) === undefined ? undefined : named;
});

/** The portfolio on the page: the one in the address, which may be a demo, else the first that is served. */
export const chosenPortfolio = computed(() => {
  const served = session.value?.portfolios ?? [];
  const named = address.value.params.get('portfolio');
  return shownDemo.value ?? served.find((prefix) => prefix === named) ?? served[0];
});

/** Whether more than one portfolio is served. */
export const servesSeveral = computed(() => (session.value?.portfolios.length ?? 0) > 1);

/** Whether the portfolio on the page has to be named: it is not the only one that could be. */
export const namesPortfolio = computed(() => servesSeveral.value || shownDemo.value !== undefined);

/** A link from a demo to the portfolio beside which it is played. */
export function linkToReal(): string {
  const beside = portfolioOfDemo(shownDemo.value ?? '');
  return hashOf('overview', { portfolio: servesSeveral.value ? beside : undefined });
}

/** Follows the address bar from now on; another page is shown from its top, and all portfolios first where there are several. */
export function followAddress(): void {
  effect(() => {
    if (servesSeveral.value && isBare(location.hash)) replaceHash(hashOf('portfolios'));
  });
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
  replaceHash(hashOf(page, { ...Object.fromEntries(params), ...changes }));
}

function replaceHash(hash: string): void {
  history.replaceState(history.state, '', hash);
  address.value = addressOf(hash);
}

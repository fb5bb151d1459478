/** The pages of the console, in the order of the menu. */
export const pages = ['overview', 'decisions', 'budgets', 'shadow', 'operations', 'portfolios'] as const;

/** One of `pages`. */
export type PageName = (typeof pages)[number];

/** Where somebody is: a page and its parameters, all of which stand in the address. */
export interface Address {
  readonly page: PageName;
  readonly params: URLSearchParams;
}

/** The address of a location's hash: `#/decisions?gate=governor`; an unknown page is the overview. */
export function addressOf(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { page: pages.find((page) => page === path) ?? 'overview', params: new URLSearchParams(query) };
}

/** The code of the one-time link by which somebody came: `#/enter?link=…`; empty text where there is none. */
export function linkCodeOf(hash: string): string {
  return /^#\/enter\?/.test(hash) ? (addressOf(hash).params.get('link') ?? '') : '';
}

/** Whether a location's hash names no page. */
export function isBare(hash: string): boolean {
  return hash.replace(/^#\/?/, '') === '' || linkCodeOf(hash) !== '';
}

/** The hash of a page with parameters; empty ones are left out. */
export function hashOf(page: PageName, params: Readonly<Record<string, string | undefined>> = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) given.set(name, value);
  const query = given.toString();
  return query === '' ? `#/${page}` : `#/${page}?${query}`;
}

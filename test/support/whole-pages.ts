import type { OpenPage } from './browser.ts';

/** A page of the console on a portfolio, and what is on it once it is whole, with something in every card (`fillConsole`). */
export interface WholePage {
  readonly name: string;
  readonly query: string;
  readonly shows: readonly string[];
}

const CANDIDATE = 'text=The candidate said something else';

/** Every page, and those of its states that look otherwise. */
export const WHOLE_PAGES: readonly WholePage[] = [
  { name: 'portfolios', query: '?', shows: ['table.portfolios tbody tr', 'text=/\\d+ permits?, \\d+ blocks?/'] },
  {
    ...{ name: 'overview', query: '?' },
    shows: ['.card.charts figure canvas', '.card.history canvas', '.card.risk tbody tr', 'text=What the gates did'],
  },
  { name: 'decisions', query: '?', shows: ['table.tape tbody tr'] },
  { name: 'decisions', query: '?plan=entry-SOLUSDT-623&', shows: ['dialog table.checks'] },
  { name: 'budgets', query: '?', shows: ['table.stacked tbody tr'] },
  { name: 'shadow', query: '?gate=heat-gate&', shows: ['.card.activation .checklist li', 'text=Three readings'] },
  { name: 'shadow', query: '?gate=governor&', shows: ['.card.activation .checklist li', CANDIDATE] },
  {
    ...{ name: 'operations', query: '?at=policy&gate=governor&' },
    shows: ['ul[aria-label="What trend uses of its limits"] li', 'table.ledger-table tbody tr', CANDIDATE],
  },
];

/** Goes to a page, opens what is folded, and resolves when all of it is there. */
export async function goToWhole(
  opened: Pick<OpenPage, 'page' | 'goTo'>,
  whole: WholePage,
  prefix: string,
): Promise<void> {
  const { page } = opened;
  await opened.goTo(whole.name, `${whole.query}portfolio=${prefix}`);
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
  await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
  for (const one of whole.shows) await page.locator(one).first().waitFor({ state: 'attached' });
}

import type { Locator, Page } from 'playwright-core';

/** The dialog that is open. */
export function dialog(page: Page): Locator {
  return page.getByRole('dialog');
}

/** Fills in what a confirmation wants, and presses its button. */
export async function submit(page: Page, verb: string, reason: string, word?: string): Promise<void> {
  await dialog(page).getByLabel('Reason, for the ledger').fill(reason);
  if (word !== undefined)
    await dialog(page)
      .getByLabel(/^Type /)
      .fill(word);
  await dialog(page).getByRole('button', { name: verb, exact: true }).click();
}

/** The same, until it is done. */
export async function confirm(page: Page, verb: string, reason: string, word?: string): Promise<void> {
  await submit(page, verb, reason, word);
  await dialog(page).waitFor({ state: 'detached' });
}

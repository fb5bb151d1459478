import { setTimeout as pause } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { type Spread, spreadOf } from './statistics.ts';

/** How long a click takes, from the input to the frame that shows the page, the drawer, the rows that were asked for, milliseconds. */
export interface ClickRow {
  readonly click: string;
  readonly times: number;
  readonly shown_ms: Spread;
  /** To the frame in which all is there that the server is asked for; null where it is asked for nothing, and for a report. */
  readonly whole_ms: Spread | null;
}

/** Somebody looks before the next click; in other moments of the tape's quarter of a second each time. */
const LOOKS_MS = { least: 300, step: 37, within: 250 };
const GIVE_UP_MS = 60_000;
const SYMBOL = 'S7USDT';
const TAPE = 'table.tape:not(.found) tbody tr';
const FOUND = 'table.tape.found tbody tr';

/**
 * In the page: `timed(shown, whole)` waits for the input, then looks at each change of the page whether it shows what was
 * asked. A message that is sent in the frame's own callback arrives when that frame was drawn.
 */
const TIMER = `globalThis.timed = (shown, whole) => {
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    port2.postMessage(null);
  }));
  let startMs;
  const begin = ({ type, timeStamp }) => {
    startMs ??= timeStamp;
    for (const name of ['click', 'input']) removeEventListener(name, begin, true);
  };
  for (const name of ['click', 'input']) addEventListener(name, begin, true);
  const reached = (is) => new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (startMs === undefined || !is()) return;
      observer.disconnect();
      resolve(drawn().then((endMs) => endMs - startMs));
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  const late = new Promise((_, reject) => setTimeout(() => {
    const where = location.hash + ': ' + (document.querySelector('dialog[open]') ?? document.querySelector('main')).textContent.slice(0, 300);
    reject(new Error(startMs === undefined ? 'no input came' : 'it is not shown; ' + where));
  }, ${GIVE_UP_MS}));
  globalThis.timing = Promise.race([late, Promise.all([reached(shown), reached(whole)])]);
  globalThis.timing.catch(() => undefined);
};`;

/** Something that is clicked or filled in; `shown` and `whole` are conditions in the page. */
interface Click {
  readonly click: string;
  readonly shown: string;
  readonly whole?: string;
  act(page: Page): Promise<unknown>;
  after?(page: Page): Promise<unknown>;
}

const IS_SEARCHING = "document.querySelector('.older [role=status]')?.textContent.startsWith('Searching')";
/** The middle of the first plan of the tape. */
const PLACE_OF_PLAN = `(() => {
  const { x, y, width, height } = document.querySelector('${TAPE} .plan button').getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
})()`;
const there = (selector: string) => `document.querySelector(${JSON.stringify(selector)}) !== null`;
const howMany = (selector: string) => `document.querySelectorAll(${JSON.stringify(selector)}).length`;
const button = (name: string) => (page: Page) => pressed(page, page.getByRole('button', { name, exact: true }));

/** A page of the menu: shown when its heading stands in place of the one before, whole when nothing of it is being read any more. */
function menu(name: string, heading: string, holds?: string): Click {
  const here = there(`nav[aria-label="Pages"] a[aria-current="page"][href*="${name.toLowerCase()}"]`);
  const shown = `${here} && document.querySelector('main h1')?.textContent === ${JSON.stringify(heading)}`;
  return {
    ...{ click: `page ${name}`, shown },
    ...(holds !== undefined && { whole: `!(${there('main .waiting')}) && ${there(holds)}` }),
    act: (page) => pressed(page, page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name })),
  };
}

const CLICKS: readonly Click[] = [
  menu('Decisions', 'Decisions', TAPE),
  {
    click: 'filter on the tape',
    shown: `(() => {
      const rows = [...document.querySelectorAll(${JSON.stringify(TAPE)})];
      return rows.length > 0 && rows.every((row) => row.textContent.includes('${SYMBOL}'));
    })()`,
    act: (page) => page.locator('#filter-symbol').fill(SYMBOL),
  },
  {
    click: 'filter cleared',
    shown: `[...document.querySelectorAll(${JSON.stringify(TAPE)})].some((row) => !row.textContent.includes('${SYMBOL}'))`,
    act: button('Clear'),
  },
  {
    click: 'row of the tape opened',
    shown: there('dialog[open] header h2'),
    whole: there('dialog[open] ol.way li'),
    act: async (page) => {
      // In one step: rows move on.
      const at = (await page.evaluate(PLACE_OF_PLAN)) as { readonly x: number; readonly y: number };
      await page.mouse.click(at.x, at.y);
    },
    after: async (page) => {
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    },
  },
  {
    click: 'older decisions',
    shown: `${IS_SEARCHING} || ${there(FOUND)}`,
    whole: there(FOUND),
    act: button('Older decisions'),
  },
  {
    click: 'next page of them',
    shown: `${IS_SEARCHING} || ${howMany(FOUND)} > globalThis.found`,
    whole: `${howMany(FOUND)} > globalThis.found`,
    act: async (page) => {
      await page.evaluate(`globalThis.found = ${howMany(FOUND)}`);
      await button('Next page, older')(page);
    },
    after: async (page) => {
      await button('Back to the newest')(page);
      await page.locator(FOUND).first().waitFor({ state: 'detached' });
      await page.evaluate('scrollTo(0, 0)');
    },
  },
  menu('Budgets', 'Budgets', 'table.budgets tbody tr'),
  menu('Shadow', 'Shadow against enforced'),
  menu('Operations', 'Operations', 'table.ledger-table, .card.modes'),
  menu('Overview', 'Overview', '.card.charts figure canvas'),
];

/** Clicks through the console, round by round; the first round, in which code is compiled, is not counted. */
export async function measureClicks(
  page: Page,
  rounds: number,
  say: (click: string, round: number) => void,
): Promise<ClickRow[]> {
  await page.evaluate(TIMER);
  const taken = CLICKS.map(() => ({ shown: [] as number[], whole: [] as number[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, click] of CLICKS.entries()) {
      await pause(LOOKS_MS.least + (((round * CLICKS.length + at) * LOOKS_MS.step) % LOOKS_MS.within));
      const [shown, whole] = await timed(page, click);
      if (round > 0) taken[at]?.shown.push(shown);
      if (round > 0) taken[at]?.whole.push(whole);
      await click.after?.(page);
      say(click.click, round);
    }
  }
  return CLICKS.map(({ click, whole: asks }, at) => {
    const { shown, whole } = taken[at] ?? { shown: [], whole: [] };
    const whole_ms = asks === undefined ? null : spreadOf(whole);
    return { click, times: rounds, shown_ms: spreadOf(shown), whole_ms };
  });
}

async function timed(
  page: Page,
  { click, shown, whole = 'true', act }: Click,
): Promise<[shown: number, whole: number]> {
  await page.evaluate(`timed(() => ${shown}, () => ${whole})`);
  await act(page);
  return (await page.evaluate('timing').catch((error: Error) => {
    throw new Error(`${click}: ${error.message}`);
  })) as [number, number];
}

/** Presses where something is now, as a mouse does. */
async function pressed(page: Page, target: Locator): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (box === null) throw new Error('expected something to press, found nothing in sight');
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
}

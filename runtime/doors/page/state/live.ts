import { computed, effect, signal } from '@preact/signals';
import { chosenPortfolio } from './address.ts';
import { ask } from './api.ts';
import { LiveHub, type LiveMessage } from './live-hub.ts';
import type { Connection } from './live-stream.ts';
import { isPressed } from './press.ts';
import { loadSession, session } from './session.ts';
import { type Batch, EMPTY_TAPE, released, type Tape, withBatch, withPage } from './tape.ts';
import type { DecisionPage, LedgerRow, LiveDecisions, Overview } from './wire.ts';

/** The page is drawn again for new decisions at most this often. */
const DRAW_MS = 250;
const STILL_HERE_MS = 20_000;
const PAGE_ROWS = 200;

/** How the live connection is. */
export const connection = signal<Connection>('connecting');

/** All that is seen first, as it was told last. */
export const overview = signal<Overview | undefined>(undefined);

/** The newest decisions. */
export const tape = signal<Tape>(EMPTY_TAPE);

/** The newest entry of the ledger that came while the page was open. */
export const newestLedgerRow = signal<LedgerRow | undefined>(undefined);

/** How often the connection was away: what the ledger was given meanwhile is not told again. */
export const ledgerGaps = signal(0);

/** Whether somebody holds the tape: pressed pause, or reads further down. */
export const tapeIsHeld = signal(false);

/** Whether another version of Portcullis answers than the one this page came from. */
export const pageIsOld = signal(false);

let batches: Batch[] = [];
let firstVersion: string | undefined;

/** Follows the portfolio on the page, whichever that is, for as long as somebody is signed in. */
export function followLive(): void {
  const link = linkToWorker() ?? linkOfOwn();
  const followed = computed(() => (session.value ? chosenPortfolio.value : undefined));
  effect(() => {
    forget();
    link.follow(followed.value);
  });
  effect(() => {
    if (!tapeIsHeld.value && tape.peek().held > 0) tape.value = released(tape.peek());
  });
  addEventListener('pagehide', () => link.follow(undefined));
  addEventListener('pageshow', ({ persisted }) => persisted && link.follow(chosenPortfolio.value));
}

interface Link {
  follow(portfolio: string | undefined): void;
}

/** All pages of a browser share one connection, where it knows shared workers. */
function linkToWorker(): Link | undefined {
  if (!('SharedWorker' in globalThis)) return undefined;
  const worker = new SharedWorker(new URL('./live-worker.ts', import.meta.url), {
    type: 'module',
    name: 'portcullis-live',
  });
  let followed: string | undefined;
  worker.port.onmessage = ({ data }: MessageEvent<LiveMessage>) => hear(data);
  setInterval(() => followed !== undefined && worker.port.postMessage({ portfolio: followed }), STILL_HERE_MS);
  return {
    follow: (portfolio) => {
      if (followed !== undefined && followed !== portfolio) worker.port.postMessage({});
      followed = portfolio;
      if (portfolio !== undefined) worker.port.postMessage({ portfolio });
    },
  };
}

function linkOfOwn(): Link {
  const hub = new LiveHub();
  const listener = { tell: hear };
  return {
    follow: (portfolio) => {
      hub.leave(listener);
      if (portfolio === undefined) return;
      hub.join(listener, portfolio);
      void loadTape();
    },
  };
}

function hear(message: LiveMessage): void {
  switch (message.kind) {
    case 'connection':
      onConnection(message.connection);
      return;
    case 'overview':
      overview.value = message.data as Overview;
      return;
    case 'ledger':
      newestLedgerRow.value = message.data as LedgerRow;
      return;
    case 'decisions':
      if (batches.length === 0) setTimeout(draw, DRAW_MS);
      batches.push(message.data as LiveDecisions);
      return;
    case 'reset':
      void loadTape();
  }
}

function onConnection(now: Connection): void {
  if (now === 'live' && connection.peek() === 'lost') ledgerGaps.value++;
  connection.value = now;
  if (now === 'signed_out') session.value = null;
  if (now === 'live') void lookAtVersion();
}

/** After a restart the page may be older than what answers it. */
async function lookAtVersion(): Promise<void> {
  await loadSession();
  const version = session.value?.version;
  firstVersion ??= version;
  pageIsOld.value = version !== undefined && version !== firstVersion;
}

/** Not between press and release: a row that moves away meanwhile would not have been clicked. */
function draw(): void {
  if (isPressed()) {
    setTimeout(draw, DRAW_MS);
    return;
  }
  const came = batches;
  batches = [];
  tape.value = came.reduce((now, batch) => withBatch(now, batch, tapeIsHeld.peek()), tape.peek());
}

function forget(): void {
  batches = [];
  overview.value = undefined;
  newestLedgerRow.value = undefined;
  tape.value = EMPTY_TAPE;
}

/** Reads the newest page of the log into the tape. What cannot be read now comes with the next connection. */
async function loadTape(): Promise<void> {
  const portfolio = chosenPortfolio.peek();
  try {
    const [all, others] = await Promise.all([
      ask<DecisionPage>('/v1/decisions', { limit: PAGE_ROWS }),
      ask<DecisionPage>('/v1/decisions', { limit: PAGE_ROWS, ticks: 'false' }),
    ]);
    if (chosenPortfolio.peek() === portfolio) tape.value = withPage(tape.peek(), [...all.entries, ...others.entries]);
  } catch {
    return;
  }
}

import { readFileSync } from 'node:fs';
import { loadMay2021, type Market, marketOf, unpackCloses } from '../../runtime/market/player/market.ts';

/** The three crash seasons of docs/risk.md (fixtures/candles/README.md). */
export const crashMonths: Readonly<Record<string, () => Market>> = {
  'May 2021': loadMay2021,
  'June 2022': () => packed('closes-2022-06.br', Date.UTC(2022, 5, 1)),
  'July and August 2023': () => packed('closes-2023-07.br', Date.UTC(2023, 6, 1)),
};

function packed(name: string, firstHourMs: number): Market {
  const bytes = readFileSync(new URL(`../fixtures/candles/${name}`, import.meta.url));
  return marketOf(unpackCloses(bytes.toString('base64')), firstHourMs);
}

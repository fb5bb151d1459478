import { keys } from '../../schemas/keys.ts';
import { NOW_MS } from './fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from './governor-world.ts';

type Fields = Record<string, string>;

/** What surrounds a plan: what is left out is as in a world as it begins, without a mark. */
export interface Around {
  readonly mode?: string;
  readonly mark?: string;
  readonly markAgeSec?: number;
  /** More fields of the market state of the plan's symbol. */
  readonly market?: Fields;
  /** How long ago OPEN permits were given, ms, and when the same order as `OPEN_PLAN` was, as it is stored. */
  readonly permitAges?: readonly number[];
  readonly lastOrder?: string;
  /** Equity of a fresh portfolio state, US dollars. */
  readonly equity?: string;
  /** Quantity and price of the position in the plan's symbol. */
  readonly held?: { readonly qty: number; readonly markPrice?: number };
}

/** Caps that stand before no plan of these tests. */
export const WIDE_CAPS = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1e9', GOV_MAX_TOTAL_NOTIONAL_USDT: '1e9' };

/** Where it is stored when the order of `OPEN_PLAN` was permitted. */
export const SAME_ORDER = keys.lastOrder('BTCUSDT', 'BUY', '0.001');

/** A world under these settings, and more room under the caps of the seeds than its plans need. */
export function worldUnder(settings: Fields, around: Around = {}): GovernorWorld {
  const world = new GovernorWorld();
  world.mode = around.mode ?? 'production';
  world.settings = { ...WIDE_CAPS, ...settings };
  const timestamp = String(NOW_MS / 1000 - (around.markAgeSec ?? 0));
  const mark = around.mark === undefined ? {} : { mark_price: around.mark, timestamp };
  const market = { BTCUSDT: { ...mark, ...around.market } };
  const book = around.held === undefined ? [] : [{ symbol: 'BTCUSDT', ...around.held }];
  world.views = { book, hashes: { 'state:market': market } };
  const times = (around.permitAges ?? []).map((age, at) => [`e${at}`, NOW_MS - age] as const);
  world.sets.set(keys.permitTimes, new Map(times));
  if (around.lastOrder !== undefined) world.texts.set(SAME_ORDER, around.lastOrder);
  if (around.held !== undefined) world.hashes.delete(keys.portfolioState);
  if (around.equity !== undefined) {
    world.hashes.set(keys.portfolioState, { equity_usd: around.equity, timestamp: String(NOW_MS / 1000) });
  }
  return world;
}

/** What comes of a plan sent there: `permit`, or the reason of its block. */
export function verdictUnder(settings: Fields, plan: Fields = {}, around: Around = {}): string {
  const world = worldUnder(settings, around);
  world.plan({ ...OPEN_PLAN, ...plan });
  return String(world.block('p1')?.reason ?? (world.permit('p1') === undefined ? 'neither' : 'permit'));
}

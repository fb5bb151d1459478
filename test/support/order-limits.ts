import fc from 'fast-check';
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
  /** Equity of a fresh portfolio state, and the maintenance margin that it says, US dollars. */
  readonly equity?: string;
  readonly maintenance?: string;
  /** Quantity and price of the position in the plan's symbol. */
  readonly held?: { readonly qty: number; readonly markPrice?: number };
}

/** Caps that stand before no plan of these tests. */
export const WIDE_CAPS = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1e9', GOV_MAX_TOTAL_NOTIONAL_USDT: '1e9' };

/** Settings of all order limits, some of which refuse an order of these worlds. */
export const orderLimits = fc.record({
  GOV_ALLOWED_SYMBOLS: fc.constantFrom('BTCUSDT', 'ETHUSDT,BTCUSD'),
  GOV_MAX_QTY: fc.constantFrom('*:0.001', 'BTCUSDT:0.0009999999,*:1', 'ETHUSDT:1'),
  GOV_MAX_SYMBOL_NOTIONAL_USDT: fc.constantFrom('*:100', 'BTCUSDT:1e9', 'ETHUSDT:1'),
  GOV_PRICE_COLLAR_PCT: fc.constantFrom('1', '0.5', '100'),
  GOV_MAX_PERMITS_PER_MINUTE: fc.constantFrom('1', '2', '9'),
  GOV_DUPLICATE_SEC: fc.constantFrom('5', '5.001', '3600'),
  GOV_EXCHANGE_FILTERS: fc.constant('report'),
  GOV_MAX_LEVERAGE: fc.constantFrom('0.04', '0.0500000001', '9'),
  GOV_MAX_SHOCK_PCT: fc.constantFrom('4', '5.0000000001', '99'),
  GOV_MAX_CORRELATED_HEAT_PCT: fc.constantFrom('0.1', '99'),
  GOV_MAX_MARGIN_PCT: fc.constantFrom('0.5', '4', '99'),
  GOV_MARGIN_RATE_PCT: fc.constantFrom('2.5', '10'),
});

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
    const { equity, maintenance = '' } = around;
    const said = { equity_usd: equity, maintenance_margin_usd: maintenance, timestamp: String(NOW_MS / 1000) };
    world.hashes.set(keys.portfolioState, said);
  }
  return world;
}

/** What comes of a plan sent there: `permit`, or the reason of its block. */
export function verdictUnder(settings: Fields, plan: Fields = {}, around: Around = {}): string {
  const world = worldUnder(settings, around);
  world.plan({ ...OPEN_PLAN, ...plan });
  return String(world.block('p1')?.reason ?? (world.permit('p1') === undefined ? 'neither' : 'permit'));
}

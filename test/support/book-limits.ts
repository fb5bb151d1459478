import { keys } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import { NOW_MS } from './fake-ctx.ts';
import { type GovernorWorld, OPEN_PLAN } from './governor-world.ts';
import { worldUnder } from './order-limits.ts';

/** A position of such a book. */
export interface Held {
  readonly symbol: string;
  /** Dollars, below 0 for a short. */
  readonly usd: number;
  /** Only a notional is published, and no side. */
  readonly sideless?: true;
  /** Both sides are open at once: the notional is gross, and the quantity 1 net, long or short. */
  readonly hedged?: 1 | -1;
}

/** What surrounds a plan there. */
export interface Given {
  readonly held?: readonly Held[];
  readonly state?: Record<string, string> | null;
  readonly mode?: string;
}

/** The portfolio state of an account of $1,000. */
export const STATE = {
  equity_usd: '1000',
  maintenance_margin_usd: '150',
  positions_count: '9',
  timestamp: String(NOW_MS / 1000),
};
/** Room for several plans, one after the other. */
const OFTEN = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_5MIN: '9', GOV_MAX_EXEC_PER_HOUR: '9' };

/** A world with these positions and this portfolio state. */
export function worldOf(
  settings: Record<string, string>,
  { held = [], state = STATE, mode = 'production' }: Given,
): GovernorWorld {
  const world = worldUnder({ ...OFTEN, ...settings }, { mode });
  const book = held.map(({ symbol, usd, sideless, hedged }) => {
    if (hedged) return { symbol, side: 'HEDGED', qty: hedged, notional: Math.abs(usd), markPrice: 1 };
    return sideless ? { symbol, notional: Math.abs(usd) } : { symbol, qty: usd, markPrice: 1 };
  });
  world.views = { book };
  if (state === null) world.hashes.delete(keys.portfolioState);
  else world.hashes.set(keys.portfolioState, state);
  return world;
}

/** An order of so many dollars, sold where they are below 0. */
export function order(symbol: string, usd: number, more: Record<string, string> = {}): Record<string, string> {
  const side = usd < 0 ? 'SELL' : 'BUY';
  return {
    ...OPEN_PLAN,
    symbol,
    side,
    action: `OPEN_${usd < 0 ? 'SHORT' : 'LONG'}`,
    qty: formatNumber(Math.abs(usd)),
    price: '1',
    ...more,
  };
}

/** `permit`, or the reason why a plan sent there was blocked. */
export function verdict(world: GovernorWorld, plan: Record<string, string>): string {
  world.plan(plan);
  const id = plan.plan_id ?? '';
  return String(world.block(id)?.reason ?? (world.permit(id) === undefined ? 'neither' : 'permit'));
}

/** The same in a world of its own. */
export function verdictOf(settings: Record<string, string>, plan: Record<string, string>, given: Given = {}): string {
  return verdict(worldOf(settings, given), plan);
}

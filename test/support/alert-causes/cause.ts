import type { AlertWorld } from '../alert-world.ts';

/** What makes the families of an alert move. `atLeast`: how far, where the alert's own limit would take too long. */
export interface Cause {
  readonly alert: string;
  readonly cause: string;
  readonly atLeast?: number;
  make(world: AlertWorld): Promise<void>;
  /** What has to go on, about twice a second, where the alert fires on a rate that lasts. */
  again?(world: AlertWorld): Promise<void>;
}

/** A proposal to close all of ETHUSDT. */
export const EXIT = { plan_id: 'p1', symbol: 'ETHUSDT', action: 'FULL_CLOSE', reason: 'take_profit' };

/** A plan to buy ETHUSDT, but for its id. */
export const PLAN = { symbol: 'ETHUSDT', action: 'OPEN', side: 'BUY', qty: '0.1', price: '100' };

import { keys } from '../../schemas/keys.ts';
import { LossWorld } from './loss-world.ts';

/** How long losses in a row pause there, ms. */
export const PAUSE_MS = 60_000;
const LIMITS = {
  GOV_MAX_DAILY_LOSS_PCT: 'off',
  GOV_MAX_CONSECUTIVE_LOSSES: '3',
  GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: '2',
  GOV_LOSS_PAUSE_SEC: String(PAUSE_MS / 1000),
};

type Counts = Readonly<Record<string, readonly [losses: number, agoMs: number]>>;

/** A governor whose account feed has counted these losses in a row. */
export class PauseWorld extends LossWorld {
  constructor(settings: Record<string, string> = {}) {
    super({ ...LIMITS, ...settings });
  }

  /** Losses in a row by symbol, and how long ago the last of them was, ms; over all none unless it is said. */
  counted(counts: Counts): this {
    const fields = Object.entries({ '*': [0, 0] as const, ...counts }).map(([name, [losses, agoMs]]) => {
      return [name, JSON.stringify({ losses, at_ms: this.nowMs - agoMs })];
    });
    this.hashes.set(keys.lossStreaks, Object.fromEntries(fields));
    this.hashes.set(keys.portfolioState, { positions_count: '0', timestamp: String(this.nowMs / 1000) });
    return this;
  }

  /** Goes on by so many milliseconds. */
  later(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** The events of limits that were reached or let go, with their symbol. */
  told(): readonly (string | undefined)[] {
    return this.events
      .filter(({ event }) => event === 'LOSS_LIMIT' || event === 'LOSS_RELEASED')
      .map(({ event, symbol }) => [event, symbol].filter((part) => part !== '').join(' '));
  }
}

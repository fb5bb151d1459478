import { keys } from '../../schemas/keys.ts';
import { GovernorWorld, OPEN_PLAN } from './governor-world.ts';

/** A governor with loss limits whose account is read every ten seconds. */
export class LossWorld extends GovernorWorld {
  #plans = 0;

  /** `settings` are limits besides a daily one of 5 %. */
  constructor(settings: Record<string, string> = {}) {
    super();
    this.settings = { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_SYMBOL_COOLDOWN_SECONDS: '0', ...settings };
  }

  /** Reads these equities, one after another, US dollars; the watcher sees each. */
  read(...equities: readonly (number | Record<string, string>)[]): void {
    for (const equity of equities) {
      this.nowMs += 10_000;
      const fields = typeof equity === 'number' ? { equity_usd: String(equity) } : equity;
      const state = { positions_count: '0', timestamp: String(this.nowMs / 1000), ...fields };
      this.hashes.set(keys.portfolioState, state as Record<string, string>);
      this.watch();
    }
  }

  /** What a new plan gets: `permit`, or the reason of its block; of missing data, what is missing. */
  verdict(plan: Record<string, string> = {}): string {
    this.#plans += 1;
    const planId = `v${this.#plans}`;
    this.plan({ ...OPEN_PLAN, plan_id: planId, ...plan });
    const block = this.block(planId);
    if (block === undefined) return this.take(planId) === undefined ? 'nothing' : 'permit';
    const gaps = block.checks.find(({ gate, verdict }) => gate === 'caps_data' && verdict === 'refuse')?.value;
    return block.reason === 'caps_data_unavailable' ? `unknown: ${gaps}` : String(block.reason);
  }
}

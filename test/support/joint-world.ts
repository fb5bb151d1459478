import type { Outcome } from '../../handlers/contract/effects.ts';
import type { LoggedDecision } from '../../runtime/desk/decisions/decisions.ts';
import { logEntry } from '../../runtime/engine/commit/request.ts';
import { closeFraction } from '../../schemas/action.ts';
import { families, keys, streams } from '../../schemas/keys.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { GovernorWorld } from './governor-world.ts';
import { emitted } from './heat.ts';

/** US dollars at which everything is marked at first. */
const MARK = 100;

/** What a strategy does: proposes a plan, or waits. */
export interface Step {
  readonly waitSec: number;
  readonly symbol: string;
  readonly action: 'OPEN' | 'FULL_CLOSE' | 'PARTIAL_50';
  readonly qty: number;
  readonly strategy: string;
  /** What the executor does with an order that was permitted. */
  readonly fate: 'filled' | 'rejected' | 'late';
  /** Whether a cycle of budgets comes before it. */
  readonly cycle?: boolean;
  /** By what the mark of its symbol, and what it moves in a day, are multiplied before it. */
  readonly move?: number;
}

/** What both runs have in common, besides the limits. */
export interface Rules {
  readonly settings: Record<string, string>;
  readonly mode?: string;
  /** Mode of the budgets. */
  readonly budgets?: string;
  /** Mode of the heat gate; without it exits go past it. */
  readonly exits?: string;
  /** What each dollar held moves in a day at first, where positions add to heat. */
  readonly sigma?: number;
  /** The fate of a plan's order, where it is another than its step says. */
  readonly fateOf?: (planId: string, step: Step) => Step['fate'];
}

interface Pending {
  readonly planId: string;
  readonly symbol: string;
  readonly qty: number;
}

/** Runs proposals through the real governor in memory, with an executor that takes each permit; returns the decision log. */
export function playedLog(steps: readonly Step[], rules: Rules): LoggedDecision[] {
  const world = new PlayedWorld(steps, rules);
  for (const [at, step] of steps.entries()) world.play(step, `p${at}`);
  return world.log;
}

class PlayedWorld {
  readonly log: LoggedDecision[] = [];
  readonly #world = new GovernorWorld();
  readonly #held: Map<string, number>;
  readonly #fateOf: NonNullable<Rules['fateOf']>;
  readonly #late: Pending[] = [];
  readonly #marks = new Map<string, number>();
  readonly #budgets: string;
  readonly #exits: string | undefined;
  readonly #sigma: number | undefined;

  constructor(steps: readonly Step[], rules: Rules) {
    const { settings, mode = 'production', fateOf = (_id, { fate }) => fate, budgets = 'enforce' } = rules;
    const { sigma, exits } = rules;
    this.#budgets = budgets;
    this.#exits = exits;
    this.#sigma = sigma;
    this.#world.settings = settings;
    this.#world.mode = mode;
    this.#held = new Map(steps.map(({ symbol }) => [symbol, 0]));
    this.#fateOf = fateOf;
  }

  play(step: Step, planId: string): void {
    const { waitSec, symbol, qty, strategy, move = 1 } = step;
    // A late order is filled while its room is kept, and before anything of it is closed.
    if (waitSec >= 60 || step.action !== 'OPEN') this.#fillLate();
    this.#world.nowMs += waitSec * 1000;
    this.#marks.set(symbol, this.#markOf(symbol) * move);
    this.#report();
    this.#world.watch();
    if (step.cycle === true) this.#cycle();
    const side = isShort(symbol) ? 'SELL' : 'BUY';
    const action = this.#softened(step, planId);
    const order =
      action === 'OPEN' ? { side, qty: String(qty), price: `${this.#markOf(symbol)}`, kill_score: '0' } : {};
    const sourceId = this.#world.nextId();
    const fields = { plan_id: planId, symbol, action, strategy, decision: 'EXECUTE', ...order };
    this.#add(this.#world.plan(fields, sourceId), 'governor', sourceId);
    this.#fillLate();
    if (this.#world.take(planId) === undefined) return;
    const fate = this.#fateOf(planId, step);
    const pending = { planId, symbol, qty: side === 'BUY' ? qty : -qty };
    if (action !== 'OPEN') this.#close(planId, symbol, action);
    else if (fate === 'rejected') this.#answer(planId, symbol, false);
    else if (fate === 'filled') this.#fill(pending);
    else this.#late.push(pending);
  }

  #cycle(): void {
    const sourceId = this.#world.nextId();
    this.#add(this.#world.cycle(this.#budgets, sourceId), 'risk-governor', sourceId, this.#budgets);
  }

  /** The action as executors read it behind the heat gate. */
  #softened({ symbol, action, strategy }: Step, planId: string): string {
    if (action === 'OPEN' || this.#exits === undefined) return action;
    const sourceId = this.#world.nextId();
    const outcome = this.#world.exit({ plan_id: planId, symbol, action, strategy }, this.#exits, sourceId);
    this.#add(outcome, 'heat-gate', sourceId, this.#exits);
    return this.#exits === 'enforce' ? (emitted(outcome, streams.calibrated).calibrated_action ?? '') : action;
  }

  #markOf(symbol: string): number {
    return this.#marks.get(symbol) ?? MARK;
  }

  #close(planId: string, symbol: string, action: string): void {
    this.#held.set(symbol, (this.#held.get(symbol) ?? 0) * (1 - (closeFraction(action) ?? 0)));
    this.#answer(planId, symbol, true);
  }

  #fillLate(): void {
    for (const one of this.#late.splice(0)) this.#fill(one);
  }

  #fill({ planId, symbol, qty }: Pending): void {
    this.#held.set(symbol, Math.round(((this.#held.get(symbol) ?? 0) + qty) * 1e9) / 1e9);
    this.#answer(planId, symbol, true);
  }

  #answer(planId: string, symbol: string, executed: boolean): void {
    const sourceId = this.#world.nextId();
    const fields = { plan_id: planId, symbol, executed: String(executed), decision: 'EXECUTE' };
    this.#add(this.#world.result(fields, sourceId), 'governor-results', sourceId);
  }

  #report(): void {
    const atMs = this.#world.nowMs;
    const book = [...this.#held].map(([symbol, qty]) => {
      const markPrice = this.#markOf(symbol);
      const sigma = this.#sigma && (this.#sigma * markPrice) / MARK;
      const side = qty === 0 ? 'FLAT' : qty > 0 ? 'LONG' : 'SHORT';
      return { symbol, atMs, side, qty: Math.abs(qty), notional: Math.abs(qty) * markPrice, markPrice, sigma };
    });
    const each = (fields: (symbol: string) => Record<string, string>) =>
      Object.fromEntries([...this.#held.keys()].map((symbol) => [symbol, fields(symbol)]));
    const marked = (symbol: string) => ({ mark_price: String(this.#markOf(symbol)), timestamp: String(atMs / 1000) });
    // A symbol that has a position hash gets a budget whether anything is held or not.
    const hashes = { [families.positionSnapshot]: each(() => ({})), [families.market]: each(marked) };
    this.#world.views = { ...this.#world.views, book, hashes };
    this.#world.hashes.set(keys.portfolioState, { equity_usd: '10000', timestamp: String(atMs / 1000) });
  }

  #add(outcome: Outcome, handler: string, sourceId: string, mode = this.#world.mode): void {
    if (outcome.decision === undefined) return;
    const { nowMs } = this.#world;
    const about = { sourceStream: 's', sourceId, portfolio: 'quantum', policyVersion: '', nowMs, handler, mode };
    const texts = logEntry(outcome.decision, about).map((text) => (typeof text === 'string' ? text : text.join('')));
    this.log.push({ id: `${nowMs}-${this.log.length}`, fields: fieldsOf(texts) });
  }
}

/** Symbols that are sold short: one side a symbol. */
function isShort(symbol: string): boolean {
  return symbol.startsWith('S');
}

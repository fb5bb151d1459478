import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { keys } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Ask, LookAnswer, Looks } from '../../redis/looks.ts';
import { type ForeignDeps, reportForeign } from './foreign.ts';
import { foreignText, policyInForce } from './in-force.ts';

const EVERY_MS = 500;
const FIELDS = ['mode', 'version', 'settings'];

/** A mode that is in force from now on, and the version of the policy that says so; `before` is the mode until now. */
export interface ModeInForce {
  readonly gate: string;
  readonly mode: string;
  readonly version: string;
  readonly before?: string;
  /** The limits in force, a JSON text; empty without any. */
  readonly settings?: string;
}

/** A mode in force, and whether somebody outside wrote another policy, in words: that is told apart from the one before. */
interface Found extends ModeInForce {
  readonly foreign: string;
}

/** What a `ModeWatch` works with; `onChange` is told of every policy that is another than at the last look. */
export interface ModeWatchDeps extends ForeignDeps {
  readonly looks: Looks;
  readonly handlers: readonly AnyHandler[];
  /** The mode this process started a gate in. */
  readonly initialOf: (gate: string) => string;
  readonly onChange: (change: ModeInForce) => Promise<void>;
}

/** The mode in force: the stored one where it is one of the gate's, else the initial one. */
export function modeInForce(stored: string | null, values: readonly string[] | undefined, initial: string): string {
  return stored !== null && values?.includes(stored) === true ? stored : initial;
}

/**
 * Follows the stored policies, so that what this process says of its gates (health, checks, gauges) is at most half a
 * second old, also where it judges nothing for a while. Whoever judges reads the mode with its facts.
 */
export class ModeWatch {
  readonly #deps: ModeWatchDeps;
  readonly #seen = new Map<string, ModeInForce>();
  readonly #lastStored = new Map<string, string>();
  readonly #foreign = new Map<string, string>();
  /** The values that the mode of each gate may have. */
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #asks: readonly Ask[];
  /** What all of that was last seen in. */
  #answers: readonly LookAnswer[] | undefined;
  #stop: (() => Promise<void>) | undefined;

  constructor(deps: ModeWatchDeps) {
    this.#deps = deps;
    const { handlers, portfolio } = deps;
    this.#values = new Map(handlers.flatMap(({ gate, modes }) => (modes === undefined ? [] : [[gate, modes.values]])));
    this.#asks = [...this.#values.keys()].flatMap((gate): Ask[] => [
      ['HMGET', portfolio.key(keys.policy(gate)), ...FIELDS],
      ['XREVRANGE', portfolio.key(keys.policyHistory(gate)), '+', '-', 'COUNT', '1'],
    ]);
  }

  /** Looks once. */
  async look(): Promise<void> {
    for (const found of this.#storedIn(await this.#deps.looks.ask(this.#asks))) this.#seen.set(found.gate, found);
  }

  /** Looks twice a second from now on; until a look that fails is made again the last one holds. */
  start(): void {
    const told = (answers: readonly LookAnswer[]) => this.#told(answers);
    this.#stop = this.#deps.looks.every(EVERY_MS, { asks: this.#asks, told });
  }

  /** Resolves once the look under way is finished. */
  async stop(): Promise<void> {
    await this.#stop?.();
  }

  /** The mode of a gate at the last look, else the one this process started it in. */
  mode(gate: string): string {
    return this.#seen.get(gate)?.mode ?? this.#deps.initialOf(gate);
  }

  /** The mode that the policy of a gate last named, also where it is gone by now; empty where it never did. */
  lastStored(gate: string): string {
    return this.#lastStored.get(gate) ?? '';
  }

  async #told(answers: readonly LookAnswer[]): Promise<void> {
    if (answers === this.#answers) return;
    for (const found of this.#storedIn(answers)) {
      const seen = this.#seen.get(found.gate);
      const same = seen?.mode === found.mode && seen.version === found.version && seen.settings === found.settings;
      if (same && found.foreign === (this.#foreign.get(found.gate) ?? '')) continue;
      this.#seen.set(found.gate, found);
      if (!same) await this.#deps.onChange({ ...found, before: seen?.mode ?? '' });
      await reportForeign(this.#deps, [found.gate]);
      this.#foreign.set(found.gate, found.foreign);
    }
    this.#answers = answers;
  }

  #storedIn(answers: readonly LookAnswer[]): Found[] {
    const { portfolio, initialOf } = this.#deps;
    return [...this.#values].map(([gate, values], at) => {
      const [mode = null, version = null, settings = null] = (answers[2 * at]?.value ?? []) as (string | null)[];
      const [newest] = (answers[2 * at + 1]?.value ?? []) as [id: string, flat: string[]][];
      const known = newest === undefined ? undefined : fieldsOf(newest[1]);
      const inForce = policyInForce(portfolio, { mode, version, settings }, known);
      if (mode !== null) this.#lastStored.set(gate, mode);
      return {
        gate,
        mode: modeInForce(inForce.mode, values, initialOf(gate)),
        version: version ?? '',
        settings: inForce.settings ?? '',
        foreign: inForce.foreign ? foreignText(mode, settings) : '',
      };
    });
  }
}

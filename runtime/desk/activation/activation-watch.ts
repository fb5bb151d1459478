import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import type { Lease } from '../../engine/lane/lease.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import type { Ask, LookAnswer } from '../../redis/looks.ts';
import type { HeldLane } from './conditions.ts';
import type { EndedActivation } from './end.ts';
import { activatedGate } from './gates.ts';
import { ActivationLooks } from './watch.ts';

/** After a pause of so many looks nothing is known of what was in it. */
const PAUSE_LOOKS = 3;

const ROLLBACKS = 'portcullis_activation_rollbacks_total';

/** The families of the watch; rollbacks of a gate that runs here are at 0 from the start. */
const ACTIVATION_METRICS: readonly MetricSpec[] = [
  {
    name: 'portcullis_activation_watched',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 while an activation of a gate is under watch',
    labels: ['gate'],
  },
  {
    name: ROLLBACKS,
    type: 'counter',
    help: 'Activations that this process rolled back because a condition did not hold',
    labels: ['gate'],
  },
];

interface Watched {
  readonly gate: string;
  readonly looks: ActivationLooks;
  /** Undefined while no activation of the gate is under watch. */
  lease: Lease | undefined;
  /** Since when a lane of it is held, and when that was looked at last: ms of this process's life. */
  heldSinceMs: number | undefined;
  lookedMs: number;
}

/** Follows the activations of the gates that run here while they are under watch, in one worker at a time. */
class ActivationWatch {
  readonly #deps: CompanionHost;
  readonly #watched: readonly Watched[];
  readonly #everyMs: number;
  #stop: (() => Promise<void>) | undefined;

  constructor(host: CompanionHost) {
    this.#deps = host;
    this.#everyMs = host.leases.timings.activationLookMs;
    const { redis, portfolio, lanes, metrics } = host;
    this.#watched = modalGates(host.handlers).flatMap(({ gate }) => {
      const about = activatedGate(host.handlers, gate);
      const own = lanes.filter((lane) => lane.gate === gate);
      if (own.length === 0) return [];
      metrics.apply([{ metric: ROLLBACKS, labels: { gate }, by: 0 }], portfolio.prefix);
      return [
        {
          gate,
          looks: new ActivationLooks(redis, portfolio, about, { lanes: own, handlers: host.handlers }),
          lease: undefined,
          heldSinceMs: undefined,
          lookedMs: 0,
        },
      ];
    });
  }

  /** Looks once a second, the first time after one; nothing to do where none of its gates runs here. */
  start(): void {
    const { looks, portfolio } = this.#deps;
    const asks = this.#watched.map(({ gate }): Ask => ['HGET', portfolio.key(runtimeKeys.activation(gate)), 'state']);
    if (asks.length > 0) this.#stop = looks.every(this.#everyMs, { asks, told: (answers) => this.#told(answers) });
  }

  /** Resolves once the look under way is finished, and another worker may look. */
  async stop(): Promise<void> {
    await this.#stop?.();
    await Promise.all(this.#watched.map(({ lease }) => lease?.release()));
  }

  async #told(answers: readonly LookAnswer[]): Promise<void> {
    try {
      await this.#look(answers.map(({ value }) => value));
    } catch (error) {
      this.#deps.log.warn(`activation watch: ${messageOf(error)}`);
    }
  }

  async #look(states: readonly unknown[]): Promise<void> {
    const { portfolio } = this.#deps;
    for (const [at, watched] of this.#watched.entries()) {
      const watching = states[at] === 'watching';
      this.#deps.metrics.apply(
        [{ metric: 'portcullis_activation_watched', labels: { gate: watched.gate }, set: watching ? 1 : 0 }],
        portfolio.prefix,
      );
      if (watching) await this.#lookAt(watched);
      else await this.#leave(watched);
    }
  }

  async #lookAt(watched: Watched): Promise<void> {
    const { portfolio, leases } = this.#deps;
    const { gate, looks } = watched;
    const held = this.#heldLane(watched);
    if (watched.lease === undefined) {
      watched.lease = leases.of(portfolio.key(runtimeKeys.lease(`activation-${gate}`)));
      await watched.lease.start();
    }
    if (!watched.lease.held) return;
    const ended = await looks.look(held);
    if (ended !== undefined) this.#tell(ended);
  }

  async #leave(watched: Watched): Promise<void> {
    const { lease } = watched;
    watched.lease = undefined;
    watched.heldSinceMs = undefined;
    await lease?.release();
  }

  #heldLane(watched: Watched): HeldLane | undefined {
    const own = new Set(this.#deps.lanes.filter(({ gate }) => gate === watched.gate).map(({ handler }) => handler));
    const held = this.#deps.statuses().find(({ handler, state }) => state === 'held' && own.has(handler));
    const nowMs = performance.now();
    const known = held !== undefined && nowMs - watched.lookedMs < PAUSE_LOOKS * this.#everyMs;
    const sinceMs = (known ? watched.heldSinceMs : undefined) ?? nowMs;
    watched.lookedMs = nowMs;
    watched.heldSinceMs = held === undefined ? undefined : sinceMs;
    return held && { problem: held.problem, ms: nowMs - sinceMs };
  }

  #tell({ gate, state, outcome }: EndedActivation): void {
    const { metrics, log, portfolio } = this.#deps;
    if (state !== 'rolled_back') {
      log.info(`activation of ${gate} ${state}: ${outcome}`);
      return;
    }
    log.error(`activation of ${gate} ROLLED BACK: ${outcome}`);
    metrics.apply([{ metric: ROLLBACKS, labels: { gate } }], portfolio.prefix);
  }
}

/** Follows activations beside the lanes of a portfolio; in simulated time nothing is activated. */
export const activationCompanion: Companion = {
  metrics: ACTIVATION_METRICS,
  start: (host) => {
    const watch = new ActivationWatch(host);
    if (!host.portfolio.simulatedClock) watch.start();
    return watch;
  },
};

/** How long the engine waits for what. All in ms. */
export interface EngineTimings {
  /** How long a lease holds without being renewed, where the way to Redis is not long; it is renewed four times as often, twice where its lane is idle. */
  readonly leaseMs: number;
  /** Between two looks for what workers that are gone left pending. */
  readonly claimEveryMs: number;
  /** How long an idle lane that waits together with others waits between two looks at its group: what comes wakes it. */
  readonly idleLookMs: number;
  /** How long the turns of a handler on a timer are left out at most, while nothing moves that it rests on; half of it at least. */
  readonly restMs: number;
  /** How long BullMQ leaves a job with a worker that says nothing, and how often it looks: it takes up to three times as long. */
  readonly stalledMs: number;
  /** Between two turns of maintenance: gauges, lag, checkpoints, schedules, outbox, trimming. */
  readonly maintenanceMs: number;
  /** A server that has not answered for so long is away, whatever its connection says. */
  readonly awayAfterMs: number;
  /** How long a stop waits for what is in flight. */
  readonly drainMs: number;
  /** Between two looks at an activation that is under watch. */
  readonly activationLookMs: number;
}

/** The product's own. */
export const ENGINE_TIMINGS: EngineTimings = {
  leaseMs: 2_000,
  claimEveryMs: 5_000,
  idleLookMs: 5_000,
  restMs: 10_000,
  stalledMs: 15_000,
  maintenanceMs: 5_000,
  awayAfterMs: 5_000,
  drainMs: 10_000,
  activationLookMs: 1_000,
};

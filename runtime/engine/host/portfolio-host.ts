import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { FactsOf, Read } from '../../../handlers/contract/reads.ts';
import { collectsAccount } from '../../settings/feed-settings.ts';
import { DEFAULT_PREFIX, type Portfolio } from '../../settings/portfolio.ts';
import { SharedFactsWriter } from '../commit/shared-facts.ts';
import { Continuity } from '../lane/continuity.ts';
import { type LaneNames, laneNames } from '../lane/identity.ts';
import { Lane, type LaneDeps } from '../lane/lane.ts';
import { Leases } from '../lane/lease.ts';
import type { SharedWaits } from '../lane/shared-wait.ts';
import { WatchLane } from '../lane/watch.ts';
import { noteDroppedLimits } from '../policy/dropped-limits.ts';
import { ensureEnvironment } from '../policy/environment-policies.ts';
import { noteFollowed } from '../policy/followers.ts';
import { modalGates } from '../policy/modal-gates.ts';
import { type ModeInForce, ModeWatch } from '../policy/mode-watch.ts';
import { HandlersInForce } from '../policy/settings-in-force.ts';
import { rewriteStoredModes } from '../policy/stored-modes.ts';
import { SwitchWatch } from '../policy/switch-watch.ts';
import type { Metrics } from '../status/metrics.ts';
import { ENGINE_TIMINGS, type EngineTimings } from '../status/timings.ts';
import type { LaneStatus, Looked, StreamProblem } from '../status/types.ts';
import { type LaneRef, lanesOf } from '../streams/lanes.ts';
import { everyStream } from '../streams/named.ts';
import { StreamWatch } from '../streams/stream-watch.ts';
import type { Invalidations } from '../views/invalidations.ts';
import { PortfolioViews } from '../views/portfolio-views.ts';
import { look } from './look.ts';
import { type Hosted, Maintenance } from './maintenance.ts';
import { prepareLane, requireRedis } from './requirements.ts';
import type { RuntimeOptions } from './runtime.ts';
import type { Schedules } from './schedules.ts';
import { ServerWatch } from './server-watch.ts';
import type { Line } from './shared-on-server.ts';
import { WorkerSlot } from './workers.ts';

type HostOptions = Omit<RuntimeOptions, 'connect' | 'portfolios' | 'schedules'> &
  Line & {
    readonly portfolio: Portfolio;
    /** Makes a further connection to the server that keeps the portfolio. */
    readonly connect: () => Redis;
    /** The schedules of all portfolios of that server; undefined where none run. */
    readonly schedules: Schedules | undefined;
    /** Tells what changed in the hashes that it keeps in memory. */
    readonly invalidations: Invalidations;
    /** What its idle lanes wait with, where those of many portfolios wait together. */
    readonly sharedWaits: SharedWaits | undefined;
    readonly metrics: Metrics;
  };

/** All handlers on one portfolio, with its views, its schedules and its maintenance. */
export class PortfolioHost {
  readonly portfolio: Portfolio;
  /** Its connection for commands, and what looks at keys of it again and again, together with others. */
  readonly line: Pick<HostOptions, 'redis' | 'looks' | 'schedules'>;
  readonly #options: HostOptions;
  readonly #views: PortfolioViews;
  readonly #lanes: (Lane | WatchLane)[] = [];
  readonly #modes: ModeWatch;
  readonly #inForce: HandlersInForce;
  readonly #continuity: Continuity;
  readonly #server: ServerWatch;
  readonly #streamWatch: StreamWatch;
  readonly #switches: SwitchWatch;
  readonly #timings: EngineTimings;
  #sharesFacts = false;
  #slot: WorkerSlot | undefined;
  #maintenance: Maintenance | undefined;
  #companions: readonly { stop(): Promise<void> }[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
    this.portfolio = options.portfolio;
    this.line = options;
    this.#timings = { ...ENGINE_TIMINGS, ...options.timings };
    this.#views = new PortfolioViews(options.portfolio, { ...options, data: options.redis });
    const { settings, log } = options;
    this.#continuity = new Continuity(options.redis, options.portfolio, log);
    this.#server = new ServerWatch({ ...options, timings: this.#timings, lanes: () => this.lanes() });
    this.#switches = new SwitchWatch(options);
    this.#inForce = new HandlersInForce({
      environment: settings.texts,
      settingsOf: (name) => settings.handlers.get(name),
      warn: (problem) => log.error(problem),
      release: (unused) => this.#views.release(unused),
    });
    const streams = everyStream(options.found, this.#laneRefs(), options.portfolio);
    this.#streamWatch = new StreamWatch(options.portfolio, streams, this.#views, options.metrics);
    this.#modes = new ModeWatch({
      ...options,
      initialOf: (gate) => options.settings.modes.get(gate)?.value ?? '',
      onChange: (change) => this.#policyChanged(change),
    });
  }

  /** Sets up what must be in Redis and looks once; answers what starts it. Rejects where another program reads along. */
  async prepare(): Promise<() => Promise<void>> {
    const { redis, leaseRounds, handlers, settings, schedules, log, portfolio } = this.#options;
    this.#sharesFacts = await requireRedis(this.#options, portfolio, settings.runtime.decisionFacts);
    await this.#server.start();
    this.#slot = await WorkerSlot.claim(this.#options, portfolio, this.#options.workerName);
    await noteDroppedLimits(redis, portfolio, this.workerName, settings.droppedLimits);
    await ensureEnvironment(this.#options, { starting: true });
    const watches = handlers.some(({ heedsSwitches }) => heedsSwitches) ? [this.#modes, this.#switches] : [this.#modes];
    for (const watch of watches) await watch.look();
    const hosted = handlers.map((handler) => ({ handler, names: this.#names(handler) }));
    await Promise.all(hosted.map(({ handler, names }) => prepareLane(redis, handler, names)));
    await schedules?.prepare(portfolio, redis, log);
    const leases = new Leases(leaseRounds, this.workerName, this.#continuity);
    for (const { handler, names } of hosted) this.#lanes.push(this.#lane(handler, names, leases));
    const maintenance = this.#maintenanceOf(hosted, leases);
    this.#maintenance = maintenance;
    await maintenance.prepare();
    return async () => {
      for (const part of [...watches, ...this.#lanes]) part.start();
      await maintenance.start();
      this.#companions = this.#startCompanions(leases);
    };
  }

  /** Stops the lanes first, each finishing what it has in flight, then what serves them. */
  async stop(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
    await this.#modes.stop();
    await this.#switches.stop();
    await Promise.all(this.#companions.map((companion) => companion.stop()));
    await this.#maintenance?.stop();
    await this.#options.schedules?.stop(this.portfolio);
    await this.#slot?.release();
    this.#server.stop();
  }

  /** The name this worker has on this portfolio; empty before the start. */
  get workerName(): string {
    return this.#slot?.name ?? '';
  }

  /** Whether its connection for commands is up. */
  redisUp(): boolean {
    return this.line.redis.status === 'ready';
  }

  /** What each lane is doing. */
  lanes(): LaneStatus[] {
    return this.#lanes.map((lane) => lane.status());
  }

  /** Streams that are ahead of Redis's clock, at most five seconds old. */
  streamProblems(): StreamProblem[] {
    return this.#streamWatch.problems();
  }

  /** The mode of a gate, at most half a second old. */
  mode(gate: string): string {
    return this.#modes.mode(gate);
  }

  /** The queue that has the schedules of this portfolio, and maybe of others, where they run. */
  queue(): Queue | undefined {
    return this.#options.schedules?.queue;
  }

  /** Reads facts as a handler reads them; its settings are those it would judge by here. */
  look<R extends Readonly<Record<string, Read<unknown>>>>(handler: AnyHandler, reads: R): Promise<Looked<FactsOf<R>>> {
    const modeOf = (gate: string) => this.mode(gate);
    const inForceOf = (asked: AnyHandler) => this.#inForce.of(asked);
    return look(
      { redis: this.line.redis, portfolio: this.portfolio, views: this.#views, modeOf, inForceOf },
      handler,
      reads,
    );
  }

  #ensurePolicies(): Promise<void> {
    const lastSeen = (gate: string) => `mode=${this.#modes.lastStored(gate)}`;
    return ensureEnvironment(this.#options, { starting: false, lastSeen });
  }

  /** Whoever changed it, what is stored with the mode follows at once (contract §3), and the gauges with it. */
  async #policyChanged({ gate, mode, version, before }: ModeInForce): Promise<void> {
    if (version === '') await this.#ensurePolicies();
    const changed = modalGates(this.#options.handlers).find((one) => one.gate === gate);
    if (changed !== undefined && mode !== before)
      await rewriteStoredModes(this.#options.redis, this.portfolio, changed, mode, version);
    await noteFollowed(this.#options.redis, this.portfolio, { gate, worker: this.workerName, version });
    await this.#maintenance?.observe();
  }

  #names(handler: AnyHandler): LaneNames {
    return laneNames(handler, this.portfolio, this.workerName, this.overridesOf(handler));
  }

  /** What settings rename of a handler's stream, group and consumer; on the default portfolio alone (contract §0). */
  overridesOf(handler: AnyHandler): { stream?: string; group?: string; consumer?: string } {
    if (handler.on.kind !== 'stream' || this.portfolio.prefix !== DEFAULT_PREFIX) return {};
    const values = (this.#options.settings.handlers.get(handler.name) ?? {}) as Readonly<Record<string, unknown>>;
    const named = Object.entries(handler.on.overrides ?? {}).map(([part, setting]) => [part, values[setting]] as const);
    return Object.fromEntries(named.filter(([, value]) => typeof value === 'string' && value !== ''));
  }

  #lane(handler: AnyHandler, names: LaneNames, leases: Leases): Lane | WatchLane {
    const { redis, connect, sharedWaits, schedules, settings, metrics, log, beat, restLooks } = this.#options;
    const level = handler.logLevel?.(settings.handlers.get(handler.name));
    const deps: LaneDeps = {
      ...{ redis, connect, sharedWaits, portfolio: this.portfolio, views: this.#views },
      handler,
      settings: settings.handlers.get(handler.name),
      inForce: this.#inForce.of(handler),
      sharedFacts: this.#sharesFacts ? new SharedFactsWriter() : undefined,
      initialMode: settings.modes.get(handler.gate)?.value ?? '',
      names,
      continuity: this.#continuity,
      metrics,
      log: log.child({ handler: handler.name }, level === undefined ? {} : { level }),
      obstacle: () => (handler.on.kind === 'watch' ? '' : this.#server.problem()),
      onOutbox: () => void schedules?.relay(this.portfolio),
    };
    if (handler.on.kind !== 'watch') return new Lane(deps, leases);
    return new WatchLane(deps, leases, { ...handler.on, beat, restLooks, restMs: this.#timings.restMs });
  }

  #startCompanions(leases: Leases): readonly { stop(): Promise<void> }[] {
    const { redis, looks, found, metrics, log, companions } = this.#options;
    const about = { redis, looks, handlers: found, portfolio: this.portfolio, lanes: this.#laneRefs(), metrics, log };
    const host = { ...about, leases, statuses: () => this.lanes() };
    return companions.flatMap(({ start }) => start?.(host) ?? []);
  }

  #laneRefs(): LaneRef[] {
    return lanesOf(this.#options.handlers, this.portfolio, (handler) => this.overridesOf(handler));
  }

  #maintenanceOf(hosted: Hosted[], leases: Leases): Maintenance {
    const { redis, settings, metrics, log, share, beat, looks, positions } = this.#options;
    return new Maintenance({
      ...{ redis, portfolio: this.portfolio, views: this.#views, hosted, handlers: this.#options.found },
      settingsOf: (handler, policy) =>
        policy === undefined ? settings.handlers.get(handler.name) : this.#inForce.of(handler).of(policy),
      modeOf: (gate) => this.mode(gate),
      ensurePolicies: () => this.#ensurePolicies(),
      streamWatch: this.#streamWatch,
      retention: { maxAgeMs: settings.runtime.streamMaxAgeMs, maxLen: settings.runtime.streamMaxLen },
      trimInputs: settings.runtime.trimInputs,
      writesSnapshots: collectsAccount(settings.feeds, this.portfolio.prefix),
      ...{ metrics, log, leases, share, beat, looks, positions, settings },
    });
  }
}

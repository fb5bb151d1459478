import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler, ObserverCtx } from '../../../handlers/contract/handler.ts';
import { outputsOf } from '../../../handlers/contract/streams.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { runtimeKeys, streams } from '../../../schemas/keys.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { LoadedSettings } from '../../settings/load.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Facts, readFacts } from '../lane/facts.ts';
import type { LaneNames } from '../lane/identity.ts';
import { messageOf } from '../lane/judging.ts';
import type { Lease, Leases } from '../lane/lease.ts';
import { type PoliciesLook, policiesLook } from '../policy/environment-policies.ts';
import { modeInForce } from '../policy/mode-watch.ts';
import type { Metrics } from '../status/metrics.ts';
import type { StreamWatch } from '../streams/stream-watch.ts';
import { type Retention, type Trimmed, Trimmer, trimBeside } from '../streams/trim.ts';
import { trimFacts } from '../streams/trim-facts.ts';
import { BOOK_STANDS_AT } from '../views/book-view.ts';
import type { PortfolioViews } from '../views/portfolio-views.ts';
import { LaneLooks, type Positions } from './lane-looks.ts';
import type { Line } from './shared-on-server.ts';
import { forgetGone } from './workers.ts';

const SNAPSHOTS_KEPT_MS = MINUTE_MS;
const FORGET_EVERY_TURNS = 120;

/** A handler with the names of its lane. */
export interface Hosted {
  readonly handler: AnyHandler;
  readonly names: LaneNames;
}

/** What maintenance works with; the same for all its duties. */
export interface MaintenanceDeps extends Pick<Line, 'beat' | 'looks' | 'positions' | 'share'> {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly views: PortfolioViews;
  readonly hosted: readonly Hosted[];
  /** Every handler there is: whichever worker keeps the lease trims what all of them write. */
  readonly handlers: readonly AnyHandler[];
  /** The handler's settings under the policy whose JSON text is given; undefined: as the environment has them. */
  readonly settingsOf: (handler: AnyHandler, policy?: string | null) => unknown;
  readonly modeOf: (gate: string) => string;
  readonly ensurePolicies: () => Promise<void>;
  readonly streamWatch: StreamWatch;
  readonly retention: Retention;
  readonly trimInputs: boolean;
  /** Whether the snapshots of this portfolio are our own account feed's. */
  readonly writesSnapshots: boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly leases: Leases;
  readonly settings: LoadedSettings;
}

/** What has to be done now and then beside the lanes: gauges, lag, the book's checkpoint, trimming. */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  readonly #lease: Lease;
  readonly #trimmer: Trimmer;
  readonly #looks: LaneLooks;
  readonly #policies: PoliciesLook;
  #timer: NodeJS.Timeout | undefined;
  #end: () => void = () => undefined;
  #turn: Promise<void> = Promise.resolve();
  #turns = 0;
  #busy = false;

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
    this.#trimmer = new Trimmer(deps.redis);
    this.#policies = policiesLook({ ...deps, handlers: deps.hosted.map(({ handler }) => handler) });
    const reading = deps.hosted.filter(({ handler }) => handler.on.kind !== 'watch');
    this.#looks = new LaneLooks({
      ...deps,
      lanes: reading.map(({ handler, names }) => ({ handler: handler.name, names })),
    });
    this.#lease = deps.leases.of(deps.portfolio.key(runtimeKeys.lease('maintenance')), { rests: () => true });
  }

  /** Sets the gauges once, and logs the start lines of the handlers. */
  async prepare(): Promise<void> {
    for (const line of await this.observe()) this.#deps.log.info(line);
  }

  /** Takes its first turn within the interval, and goes on every few seconds. */
  async start(): Promise<void> {
    await this.#lease.start();
    const everyMs = this.#deps.leases.timings.maintenanceMs;
    this.#timer = setTimeout(() => {
      this.#end = this.#deps.beat.every(everyMs, () => this.#begin());
      this.#begin();
    }, this.#deps.share * everyMs);
  }

  /** Resolves once the turn under way is finished. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#end();
    await this.#turn;
    await this.#lastCheckpoint();
    await this.#lease.release();
  }

  /** Without it the next start reads more of the stream, and no more than that: it keeps nobody from ending. */
  async #lastCheckpoint(): Promise<void> {
    const { views, redis, log } = this.#deps;
    try {
      await views.book.checkpoint(redis);
    } catch (error) {
      log.warn(`the position book was not kept for the next start: ${messageOf(error)}`);
    }
  }

  #begin(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#turn = this.#everything().finally(() => {
      this.#busy = false;
    });
  }

  async #everything(): Promise<void> {
    const { redis, views, streamWatch } = this.#deps;
    const asked = streamWatch.turn((streams) => this.#deps.positions.ask(streams));
    asked.catch(() => undefined);
    let positions: Positions = new Map();
    const duties: [string, () => Promise<unknown>][] = [
      ['policies', () => this.#ensurePolicies()],
      ['gauges', () => this.observe()],
      [
        'streams',
        async () => {
          positions = await asked;
        },
      ],
      ['lag', () => this.#looks.lag(positions)],
      ['foreign consumers', () => this.#looks.foreign(positions)],
      ['checkpoint', () => views.book.checkpoint(redis)],
      ['trim', () => this.#trim(positions)],
      ['gone consumers', () => this.#forget()],
    ];
    for (const [name, duty] of duties) {
      await duty().catch((error: unknown) => this.#deps.log.warn(`${name}: ${messageOf(error)}`));
    }
    this.#turns += 1;
  }

  async #ensurePolicies(): Promise<void> {
    const { looks, ensurePolicies } = this.#deps;
    if (!this.#policies.isWhole(await looks.ask(this.#policies.asks))) await ensurePolicies();
  }

  /** Sets the gauges of all observers; returns what they say at a start. */
  async observe(): Promise<string[]> {
    const lines: string[] = [];
    for (const { handler } of this.#deps.hosted) {
      const observer = handler.observe;
      if (observer === undefined) continue;
      const reads = observer.reads(this.#deps.settingsOf(handler));
      const facts = await this.#facts(handler, [reads]);
      const settings = this.#deps.settingsOf(handler, facts.policySettings);
      const ctx = this.#ctx(handler, settings, facts, facts.of(reads, settings));
      this.#deps.metrics.apply(observer.gauges(ctx), this.#deps.portfolio.prefix);
      lines.push(...(observer.startLines?.(ctx, this.#deps.portfolio.outputPrefix) ?? []));
    }
    return lines;
  }

  async #facts(handler: AnyHandler, reads: Parameters<typeof readFacts>[3]['reads']): Promise<Facts> {
    const { redis, portfolio, views } = this.#deps;
    const tokenKey = portfolio.key(runtimeKeys.token(handler.name));
    return await readFacts(redis, portfolio, views, { gate: handler.gate, tokenKey, reads });
  }

  #ctx(handler: AnyHandler, settings: unknown, facts: Facts, read: Record<string, unknown>) {
    const mode = modeInForce(facts.mode, handler.modes?.values, this.#deps.modeOf(handler.gate));
    const portfolio = this.#deps.portfolio.prefix;
    return { facts: read, settings, mode, nowMs: facts.nowMs, portfolio } as ObserverCtx<unknown, never>;
  }

  async #trim(positions: Positions): Promise<void> {
    const { redis, portfolio, hosted, retention, trimInputs, writesSnapshots } = this.#deps;
    if (!this.#lease.held || portfolio.simulatedClock) return;
    const nowMs = await redisNowMs(redis);
    const { decisions: log, snapshots } = streams;
    const whole = [portfolio.streamKey(log), portfolio.deadLetters(portfolio.streamKey(snapshots))];
    for (const { handler, names } of hosted) {
      if (handler.on.kind === 'watch') continue;
      whole.push(names.deadLetters);
      if (trimInputs || handler.on.kind !== 'stream') whole.push(names.stream);
    }
    const targets: Trimmed[] = whole.map((stream) => ({ stream, retention }));
    for (const { name, keep } of outputsOf(this.#deps.handlers)) {
      const stream = portfolio.streamKey(name);
      targets.push({ stream, retention: keep === undefined ? retention : { ...retention, maxLen: keep } });
    }
    if (trimInputs || writesSnapshots) {
      targets.push({ stream: portfolio.streamKey(snapshots), retention, keepFrom: () => this.#snapshotsFrom(nowMs) });
    }
    const decisions = portfolio.streamKey(streams.decisions);
    const lengths = new Map([...positions.values()].map(({ key, entries }) => [key, entries]));
    const looked = await this.#trimmer.turn(targets, lengths, nowMs);
    if (!looked.has(decisions)) return;
    await trimBeside(redis, portfolio.key(runtimeKeys.planIndex), decisions);
    await trimFacts(redis, decisions, portfolio.streamKey(streams.decisionFacts));
  }

  /** No group reads the snapshots: the book's checkpoint says what is finished, and slower workers have a minute. */
  async #snapshotsFrom(nowMs: number): Promise<string> {
    const { redis, portfolio } = this.#deps;
    const standsAt = (await redis.hget(portfolio.key(runtimeKeys.book), BOOK_STANDS_AT)) ?? '0-0';
    const recent = `${nowMs - SNAPSHOTS_KEPT_MS}-0`;
    return compareStreamIds(standsAt, recent) < 0 ? standsAt : recent;
  }

  async #forget(): Promise<void> {
    if (this.#turns % FORGET_EVERY_TURNS !== 0 || !this.#lease.held) return;
    const { redis, portfolio, hosted } = this.#deps;
    for (const { handler, names } of hosted) {
      if (handler.on.kind !== 'watch') await forgetGone(redis, portfolio, names);
    }
  }
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../../handlers/contract/handler.ts';
import type { DemoRun } from '../../../../schemas/api/demo.ts';
import { HOUR_SEC, SECOND_MS } from '../../../../schemas/duration.ts';
import { within } from '../../../desk/prove/patience.ts';
import type { Change } from '../../../engine/commit/operation.ts';
import { redisNowMs } from '../../../redis/clock.ts';
import { errorText } from '../../../redis/problem.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';
import { monthPlayed, playMonth } from '../play.ts';
import { reportOf } from '../report.ts';
import { type DemoGates, startDemoGates } from './gates.ts';
import type { DemoPlace } from './place.ts';
import { monthWords } from './told.ts';

const SAY_MS = 500;
/** So long the others that show it have to let go, ms. */
const LET_GO_MS = 4 * SECOND_MS;

/** What a demo is played with. */
export interface PlayedSpec {
  readonly place: DemoPlace;
  readonly change: Change;
  readonly found: readonly AnyHandler[];
  /** Makes another connection to where the keys of a portfolio are. */
  readonly connect: (portfolio: Portfolio) => Redis;
  /** Hours to play; the whole month unless a test says otherwise. */
  readonly hours?: number | undefined;
  /** How long it stays once it is done, seconds; an hour unless a test says otherwise. */
  readonly keptSec?: number | undefined;
}

/** Why a demo ends: somebody asks for it, its hour is over, this process stops, or it stands no more and others delete it. */
type End = { readonly why: 'asked'; readonly by: string } | { readonly why: 'over' | 'process stops' | 'lost' };

/** A demo that this process plays, and keeps until it is deleted. */
export class PlayedDemo {
  /** Resolves once nothing is left of it. */
  readonly over: Promise<void>;
  readonly #spec: PlayedSpec;
  readonly #ending = new AbortController();
  #run: DemoRun;
  #gates: DemoGates | undefined;
  #end: End | undefined;
  #turn: Promise<void> = Promise.resolve();
  #busy = false;

  private constructor(spec: PlayedSpec, run: DemoRun) {
    this.#spec = spec;
    this.#run = run;
    this.over = this.#live();
  }

  /** Begins to play on a place that is claimed, and answers once that is told. */
  static async begin(spec: PlayedSpec): Promise<PlayedDemo> {
    const { place, change, hours } = spec;
    const run: DemoRun = {
      ...{ state: 'running', by: change.actor, reason: change.reason, prefix: place.portfolio.prefix },
      at: Math.floor((await redisNowMs(place.redis)) / SECOND_MS),
      hours: monthPlayed({ ...(hours !== undefined && { hours }) }).hours,
      ...{ played: 0, simulated_at: null, until: null, says: '', report: '' },
    };
    await place.tell(run);
    return new PlayedDemo(spec, run);
  }

  /** What is told of it now. */
  get run(): DemoRun {
    return this.#run;
  }

  /** What is shown of it; undefined while its gates do not run. */
  get shown(): DemoGates['shown'] | undefined {
    return this.#gates?.shown;
  }

  /** Ends it because the process stops, and resolves once nothing is left. */
  async stop(): Promise<void> {
    this.#endFor({ why: 'process stops' });
    await this.over;
  }

  async #live(): Promise<void> {
    const timer = setInterval(() => this.#say(), SAY_MS);
    try {
      await this.#play();
      if (this.#run.state === 'done') await aborted(this.#ending.signal);
    } catch (error) {
      this.#run = { ...this.#run, state: 'failed', says: errorText(error) };
    } finally {
      clearInterval(timer);
      await this.#turn;
      await this.#leave();
    }
  }

  async #play(): Promise<void> {
    const { place, connect, found, hours, keptSec = HOUR_SEC } = this.#spec;
    const { portfolio } = place;
    const connectHere = () => connect(portfolio);
    const gates = async () => {
      this.#gates = await startDemoGates({ portfolio, found, connect: connectHere, workerName: portfolio.prefix });
      return this.#gates.runtime;
    };
    const summary = await playMonth({
      ...{ connect: connectHere, prefix: portfolio.prefix, gates, signal: this.#ending.signal },
      ...(hours !== undefined && { hours }),
      onHour: (played, _, atMs) => {
        this.#run = { ...this.#run, played, simulated_at: atMs / SECOND_MS };
      },
      // As long as it worked, so that what trades has at least half of the time.
      rest: async (tookMs) =>
        void (await wait(tookMs, undefined, { signal: this.#ending.signal }).catch(() => undefined)),
    });
    if (summary === undefined) return;
    const until = Math.floor((await redisNowMs(place.redis)) / SECOND_MS) + keptSec;
    this.#run = { ...this.#run, state: 'done', until, says: monthWords(summary), report: reportOf(summary) };
  }

  /** Says that it is there and how it stands, and heeds who wants its end. */
  #say(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#turn = this.#look()
      .catch(() => undefined)
      .finally(() => {
        this.#busy = false;
      });
  }

  async #look(): Promise<void> {
    const { place } = this.#spec;
    if (!(await place.keep())) return this.#endFor({ why: 'lost' });
    await place.tell(this.#run);
    const by = await place.endAsked();
    if (by !== undefined) return this.#endFor({ why: 'asked', by });
    const { until } = this.#run;
    if (until !== null && (await redisNowMs(place.redis)) >= until * SECOND_MS) this.#endFor({ why: 'over' });
  }

  #endFor(end: End): void {
    this.#end ??= end;
    this.#ending.abort();
  }

  /** Tells its end before it lets go: afterwards another demo may be told of. */
  async #leave(): Promise<void> {
    const { place } = this.#spec;
    const end = this.#end;
    await this.#gates?.stop();
    if (end?.why !== 'lost' && (await place.keep())) {
      if (this.#run.state === 'done') await place.untell();
      else await place.tell(this.#last(end));
      await place.leave();
    }
    const isAlone = await within(LET_GO_MS, async () => !(await place.isShown()), new AbortController().signal);
    await place.empty();
    if (isAlone) await place.forget();
  }

  #last(end: End | undefined): DemoRun {
    if (this.#run.state !== 'running') return this.#run;
    const says = end?.why === 'asked' ? `Stopped by ${end.by}.` : 'The process that had it was stopped.';
    this.#run = { ...this.#run, state: 'stopped', says };
    return this.#run;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { DemoNow, DemoRun } from '../../../../schemas/api/demo.ts';
import { runtimeKeys } from '../../../../schemas/keys.ts';
import { type Change, Refusal } from '../../../engine/commit/operation.ts';
import type { HostedRuntime, RuntimeOptions } from '../../../engine/host/runtime.ts';
import { WatchedKeys } from '../../../engine/host/watched-keys.ts';
import { errorText } from '../../../redis/problem.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';
import type { Demos, ShownDemo } from '../../http/context.ts';
import { type DemoGates, startDemoGates } from './gates.ts';
import { DemoPlace, demoTold } from './place.ts';
import { PlayedDemo, type PlayedSpec } from './played.ts';
import { conditionsOf, refusalOf, refusedBeside } from './refusal.ts';

const LOOK_MS = 1_000;
/** How often it is looked for demos that died with whoever had them, ms. */
const LEFT_MS = 10_000;
/** So long a process that stops waits for its demo to be deleted, ms. */
const STOP_WITHIN_MS = 5_000;

/** What it works with: what the process was started with, and what it runs. */
export interface DemoHostingDeps extends Pick<PlayedSpec, 'hours' | 'keptSec'> {
  readonly options: Pick<RuntimeOptions, 'connect' | 'found' | 'log'>;
  readonly runtime: HostedRuntime;
}

/** A demo that another process has, shown here. */
interface ShownHere {
  readonly place: DemoPlace;
  readonly gates: DemoGates;
}

/**
 * Demo months that are begun over HTTP, each on a portfolio of its own inside that of its name: played by the process that
 * was asked, shown by all that serve the portfolio, and deleted by any where the one that had it died.
 */
export class DemoHosting implements Demos {
  readonly #deps: DemoHostingDeps;
  readonly #log: Logger;
  readonly #watched: WatchedKeys;
  readonly #name = randomUUID();
  readonly #shown = new Map<string, ShownHere>();
  #own: PlayedDemo | undefined;
  #beginning: Promise<unknown> = Promise.resolve();

  constructor(deps: DemoHostingDeps) {
    this.#deps = deps;
    this.#log = deps.options.log;
    this.#watched = new WatchedKeys(deps.runtime, (error) => this.#log.warn(`demo: ${errorText(error)}`));
  }

  /** Looks once a second from now on. */
  start(): void {
    this.#watched.start([
      {
        everyMs: LOOK_MS,
        ask: (portfolio) => ['GET', portfolio.key(runtimeKeys.demoAlive)],
        told: (portfolio, prefix) => this.#look(portfolio, prefix),
      },
      {
        everyMs: LEFT_MS,
        ask: (portfolio) => ['SMEMBERS', portfolio.key(runtimeKeys.demos)],
        told: (portfolio, noted) => this.#clearLeft(portfolio, noted),
      },
    ]);
  }

  /** What runs on the demo of this prefix in this process; undefined where nothing does. */
  shown(prefix: string): ShownDemo | undefined {
    if (this.#own?.run.prefix === prefix) return this.#own.shown;
    return [...this.#shown.values()].find(({ place }) => place.portfolio.prefix === prefix)?.gates.shown;
  }

  /** How the demo of a portfolio stands, and why none can be begun. */
  async now(redis: Redis, portfolio: Portfolio): Promise<DemoNow> {
    const run = await demoTold(redis, portfolio);
    const standing = (await DemoPlace.standing(redis, portfolio))?.portfolio.prefix ?? this.#own?.run.prefix;
    return { ...run, refused: refusalOf(await conditionsOf(redis, portfolio, standing)) };
  }

  /** Begins one, and answers once it has; throws a `Refusal` where none may be begun. */
  async begin(portfolio: Portfolio, change: Change): Promise<DemoRun> {
    const begun = this.#beginning.then(() => this.#begun(portfolio, change));
    this.#beginning = begun.catch(() => undefined);
    return await begun;
  }

  /** Asks whoever has the demo of a portfolio to end and delete it; throws a `Refusal` where none stands. */
  async askToEnd(redis: Redis, portfolio: Portfolio, { actor, reason }: Change): Promise<DemoRun> {
    const place = await DemoPlace.standing(redis, portfolio);
    if (place === undefined) throw new Refusal(`expected a demo that stands on ${portfolio.prefix}, got none`);
    await place.askToEnd(`${actor}: ${reason}`);
    return await demoTold(redis, portfolio);
  }

  /** Deletes the demo that is played here, and shows none any more. */
  async stop(): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref());
    const ended = [this.#own?.stop(), this.#watched.stop()];
    await Promise.race([Promise.all(ended), late]);
    await Promise.all([...this.#shown.values()].map((one) => this.#leave(one)));
    this.#shown.clear();
  }

  async #begun(portfolio: Portfolio, change: Change): Promise<DemoRun> {
    const { hours, keptSec, options } = this.#deps;
    const redis = options.connect(portfolio);
    redis.on('error', () => undefined);
    const place = DemoPlace.chosen(redis, portfolio);
    try {
      await this.#requireFree(redis, portfolio);
      if (!(await place.claim()))
        throw new Refusal(refusedBeside(`one that was begun on ${portfolio.prefix} just now`));
      const own = await PlayedDemo.begin({ ...options, place, change, hours, keptSec });
      this.#own = own;
      this.#log.info(`demo: ${own.run.prefix}, begun by ${change.actor} (${change.reason})`);
      void this.#followed(own, redis);
      return own.run;
    } catch (error) {
      redis.disconnect();
      throw error;
    }
  }

  async #followed(own: PlayedDemo, redis: Redis): Promise<void> {
    try {
      await own.over;
      this.#log.info(`demo: ${own.run.prefix} is over`);
    } catch (error) {
      this.#log.warn(`demo: ${errorText(error)}`);
    } finally {
      if (this.#own === own) this.#own = undefined;
      redis.disconnect();
    }
  }

  /** One at a time for all portfolios that are served here. */
  async #requireFree(redis: Redis, portfolio: Portfolio): Promise<void> {
    const { portfolios, redisOf } = this.#deps.runtime;
    const all = await Promise.all(portfolios.map((one) => DemoPlace.standing(redisOf(one), one)));
    const standing = this.#own?.run.prefix ?? all.find((place) => place !== undefined)?.portfolio.prefix;
    const refusal = refusalOf(await conditionsOf(redis, portfolio, standing));
    if (refusal !== '') throw new Refusal(refusal);
  }

  async #look(portfolio: Portfolio, prefix: unknown): Promise<void> {
    const redis = this.#deps.runtime.redisOf(portfolio);
    const place = DemoPlace.named(redis, portfolio, prefix);
    const here = this.#shown.get(portfolio.prefix);
    if (here !== undefined && here.place.portfolio.prefix !== place?.portfolio.prefix) await this.#letGo(here);
    if (place !== undefined && this.#watched.isOn) await this.#show(redis, place);
  }

  /** Before its first hour is played its keys are being deleted. */
  async #show(redis: Redis, place: DemoPlace): Promise<void> {
    const { portfolio, real } = place;
    if (this.shown(portfolio.prefix) !== undefined || this.#own?.run.prefix === portfolio.prefix) return;
    const { prefix, played } = await demoTold(redis, real);
    if (prefix !== portfolio.prefix || played === 0) return;
    const { connect, found } = this.#deps.options;
    await place.shownBy(this.#name, true);
    const gates = await startDemoGates({ portfolio, found, connect: () => connect(portfolio), workerName: '' });
    this.#shown.set(real.prefix, { place, gates });
  }

  async #letGo({ place, gates }: ShownHere): Promise<void> {
    this.#shown.delete(place.real.prefix);
    await gates.stop();
    await place.empty();
    await place.shownBy(this.#name, false);
  }

  /** This process ends, and the demo goes on. */
  async #leave({ place, gates }: ShownHere): Promise<void> {
    await gates.stop();
    if (this.#deps.runtime.redisUp()) await place.shownBy(this.#name, false);
  }

  async #clearLeft(portfolio: Portfolio, noted: unknown): Promise<void> {
    if (!Array.isArray(noted) || noted.length === 0) return;
    const redis = this.#deps.runtime.redisOf(portfolio);
    for (const place of await DemoPlace.left(redis, portfolio)) {
      if (place.portfolio.prefix === this.#own?.run.prefix) continue;
      // One that had keys may get another from a worker that is only letting go: it is looked at again.
      if (await place.empty()) this.#log.info(`demo: ${place.portfolio.prefix} was left over`);
      else await place.forget();
    }
  }
}

import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import governor from '../../handlers/governor/index.ts';
import { runtimeMetrics } from '../../runtime/engine/host/runtime-metrics.ts';
import { Continuity } from '../../runtime/engine/lane/continuity.ts';
import { type Batch, Processor } from '../../runtime/engine/lane/flow.ts';
import { type LaneNames, laneNames } from '../../runtime/engine/lane/identity.ts';
import { type Item, itemOf } from '../../runtime/engine/lane/reader.ts';
import { SettingsInForce } from '../../runtime/engine/policy/settings-in-force.ts';
import { Metrics, RUNTIME } from '../../runtime/engine/status/metrics.ts';
import { Invalidations } from '../../runtime/engine/views/invalidations.ts';
import { PortfolioViews } from '../../runtime/engine/views/portfolio-views.ts';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import { connectTo } from './system.ts';

const handler = governor as unknown as AnyHandler;

/** A worker of the governor that reads, judges and commits when it is told to, and asks nobody for a lease. */
export class Judge {
  readonly #redis: Redis;
  readonly #names: LaneNames;
  readonly #settings: unknown;
  readonly #processor: Processor;
  readonly #open: Redis[];
  #held: Item[] = [];
  #judged: Batch[] = [];

  constructor(url: string, portfolio: Portfolio, name: string, env: Readonly<Record<string, string>>) {
    this.#open = [connectTo(url), connectTo(url), connectTo(url)];
    const [redis, data, listener] = this.#open as [Redis, Redis, Redis];
    this.#redis = redis;
    this.#names = laneNames(handler, portfolio, name);
    this.#settings = handler.settings.parse(env);
    const metrics = new Metrics([portfolio.prefix]);
    metrics.declareHandlers([handler]);
    metrics.declare(RUNTIME, runtimeMetrics([handler], []));
    const deps = {
      redis,
      connect: () => connectTo(url),
      portfolio,
      views: new PortfolioViews(portfolio, { data, invalidations: new Invalidations(listener, [portfolio]) }),
      handler,
      settings: this.#settings,
      inForce: new SettingsInForce({
        handler,
        environment: env,
        settings: this.#settings,
        warn: () => undefined,
        release: () => undefined,
      }),
      sharedFacts: undefined,
      initialMode: 'production',
      names: this.#names,
      metrics,
      continuity: new Continuity(data, portfolio, pino({ level: 'silent' })),
      log: pino({ level: 'silent' }),
      obstacle: () => '',
      onOutbox: () => undefined,
    };
    this.#processor = new Processor(deps, async (problem) => {
      throw new Error(problem);
    });
  }

  /** Is given up to `count` plans that nobody was given yet. */
  async deliver(count: number): Promise<void> {
    const { stream, group, consumer } = this.#names;
    const reply = (await this.#redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>')) as
      | [string, [string, string[]][]][]
      | null;
    this.#take(reply?.[0]?.[1] ?? []);
  }

  /** Takes over everything that is pending, for whomever. */
  async claim(): Promise<void> {
    const { stream, group, consumer } = this.#names;
    const [, entries] = (await this.#redis.xautoclaim(stream, group, consumer, 0, '0-0', 'COUNT', 1_000)) as [
      string,
      [string, string[]][],
    ];
    this.#take(entries);
  }

  /**
   * Reads the facts and judges what it holds: what came since it judged last as if that were committed, else all anew.
   * Returns what it has now to commit: nothing, a batch, or one more than before.
   */
  async judge(): Promise<'nothing' | 'anew' | 'ahead'> {
    if (this.#held.length === 0) return 'nothing';
    const before = this.#judged.at(-1);
    const judged = new Set(this.#judged.flatMap((batch) => batch.judged.map(({ item }) => item)));
    const fresh = this.#held.filter((item) => !judged.has(item));
    const ahead = before !== undefined && fresh.length > 0;
    const items = ahead ? fresh : this.#held;
    const batch = await this.#processor.judge(items, await this.#processor.read(items), ahead ? before : undefined);
    if (batch.thrown !== undefined) throw batch.thrown.error;
    if (ahead && batch.unjudged.length > 0) return 'nothing';
    this.#judged = ahead ? [...this.#judged, batch] : [batch];
    return ahead ? 'ahead' : 'anew';
  }

  /** Commits the first batch it judged, whatever became of those before it; what was a conflict it holds on to. */
  async commit(): Promise<void> {
    const batch = this.#judged.shift();
    if (batch === undefined) return;
    const again = new Set(await this.#processor.commit(batch));
    const done = new Set(batch.judged.map(({ item }) => item).filter((item) => !again.has(item)));
    this.#held = this.#held.filter((item) => !done.has(item));
  }

  /** Dies: what it held and had judged is forgotten. */
  crash(): void {
    this.#held = [];
    this.#judged = [];
  }

  /** Closes its connections. */
  close(): void {
    for (const connection of this.#open) connection.disconnect();
  }

  #take(entries: readonly [string, string[]][]): void {
    const known = new Set(this.#held.map(({ id }) => id));
    const fresh = entries.filter(([id]) => !known.has(id));
    this.#held.push(...fresh.map(([id, flat]) => itemOf({ handler, settings: this.#settings }, { id, flat })));
  }
}

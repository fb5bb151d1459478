import { hostname } from 'node:os';
import type { Overview } from '../../../schemas/api/overview.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import type { Lease } from '../../engine/lane/lease.ts';
import type { AlertSettings } from '../../settings/alert-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { changesOf } from './changes.ts';
import { Outbox } from './outbox.ts';
import { RedisLoss } from './redis-loss.ts';
import { sentCount, Webhook } from './webhook.ts';

/** A problem that is gone for so many looks is over. */
const OVER_AFTER_LOOKS = 30;

/** What is looked at: the overview of a portfolio, `undefined` while nothing can be asked yet. */
export type OverviewOf = (portfolio: Portfolio) => Promise<Overview> | undefined;

/** Tells a webhook of problems, where one is set: one process for each portfolio, and each process of a Redis that it lost. */
export function alertsCompanion(settings: AlertSettings | undefined, overviewOf: OverviewOf): Companion {
  let loss: RedisLoss | undefined;
  return {
    metrics: [],
    leavesProofs: true,
    start: (host) => {
      if (settings === undefined || host.portfolio.simulatedClock) return { stop: async () => undefined };
      loss ??= new RedisLoss(webhookOf(settings, host), `${hostname()}, process ${process.pid},`);
      return new PortfolioAlerts(host, { webhook: webhookOf(settings, host), loss, overviewOf });
    },
  };
}

function webhookOf(settings: AlertSettings, { metrics, log, portfolio }: CompanionHost): Webhook {
  return new Webhook(settings, log, (outcome) => metrics.apply([sentCount(outcome)], portfolio.prefix));
}

interface Deps {
  readonly webhook: Webhook;
  readonly loss: RedisLoss;
  readonly overviewOf: OverviewOf;
}

/** Looks once a second; whoever has the lease notes what is new in the outbox, and sends what waits there. */
class PortfolioAlerts {
  readonly #host: CompanionHost;
  readonly #deps: Deps;
  readonly #outbox: Outbox;
  readonly #lease: Lease;
  readonly #timer: NodeJS.Timeout;
  /** Since when a problem that was told is gone: ms of this process's life. */
  readonly #goneMs = new Map<string, number>();
  #turn: Promise<void> = Promise.resolve();
  /** Since when Redis owes an answer. */
  #askedMs: number | undefined;
  #isAsking = false;
  #busy = false;
  #isLeaseAsked = false;
  #problem = '';

  constructor(host: CompanionHost, deps: Deps) {
    this.#host = host;
    this.#deps = deps;
    this.#outbox = new Outbox(host.redis, host.portfolio);
    this.#lease = host.leases.of(host.portfolio.key(runtimeKeys.lease('alerts')));
    this.#timer = setInterval(() => this.#begin(), host.leases.timings.activationLookMs);
  }

  /** Resolves once the look under way is over, and another process may look. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([
      withinMs(this.#host.leases.timings.awayAfterMs, this.#turn),
      this.#deps.loss.leave(this.#host.portfolio.prefix),
    ]);
    await this.#lease.release();
  }

  /** A look that Redis is lost in ends when it is back. */
  #begin(): void {
    this.#deps.loss.note(this.#host.portfolio.prefix, this.#answers());
    this.#ask();
    if (this.#busy) return;
    this.#busy = true;
    this.#turn = this.#look()
      .then(() => this.#say(''))
      .catch((error: unknown) => this.#say(messageOf(error)))
      .finally(() => {
        this.#busy = false;
      });
  }

  /** Asks whatever a look waits for: no answer for long means that Redis is away, and one that fails is none. */
  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedMs ??= performance.now();
    this.#host.redis
      .ping()
      .then(
        () => {
          this.#askedMs = undefined;
        },
        () => undefined,
      )
      .finally(() => {
        this.#isAsking = false;
      });
  }

  #answers(): boolean {
    const { awayAfterMs } = this.#host.leases.timings;
    return this.#askedMs === undefined || performance.now() - this.#askedMs < awayAfterMs;
  }

  #say(problem: string): void {
    if (problem !== '' && problem !== this.#problem) this.#host.log.warn(`alerts: ${problem}`);
    this.#problem = problem;
  }

  async #look(): Promise<void> {
    if (!this.#isLeaseAsked) {
      await this.#lease.start();
      this.#isLeaseAsked = true;
    }
    const overview = this.#lease.held ? await this.#deps.overviewOf(this.#host.portfolio) : undefined;
    if (overview === undefined) return;
    await this.#note(overview);
    if (this.#lease.held && this.#deps.webhook.isDue) await this.#send();
  }

  async #note({ problems, at }: Overview): Promise<void> {
    const told = await this.#outbox.told();
    const { prefix } = this.#host.portfolio;
    const { level } = this.#deps.webhook.settings;
    const here = new Set(problems.map(({ key }) => key));
    for (const key of this.#goneMs.keys()) if (here.has(key) || told.open[key] === undefined) this.#goneMs.delete(key);
    const changes = changesOf(problems, told.open, { portfolio: prefix, nowMs: at * 1000, level }, (key) =>
      this.#isOver(key),
    );
    if (changes.alerts.length > 0 || told.revision === '') await this.#outbox.note(told, changes);
  }

  #isOver(key: string): boolean {
    const since = this.#goneMs.get(key) ?? performance.now();
    this.#goneMs.set(key, since);
    return performance.now() - since >= OVER_AFTER_LOOKS * this.#host.leases.timings.activationLookMs;
  }

  async #send(): Promise<void> {
    const { webhook } = this.#deps;
    const { entries, count } = await this.#outbox.waiting();
    let left = count;
    for (const waiting of entries) {
      if (!this.#lease.held) return;
      const outcome = waiting.alert === undefined ? 'given_up' : await webhook.send(waiting.alert);
      if (outcome === 'failed') break;
      await this.#outbox.done(waiting);
      left -= 1;
    }
    if (count > 0) await this.#outbox.fares(webhook.problem);
    this.#host.metrics.apply([{ metric: 'portcullis_alerts_waiting', set: left }], this.#host.portfolio.prefix);
  }
}

/** Without Redis a look under way does not end. */
async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}

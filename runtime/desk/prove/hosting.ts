import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type HostedRuntime, type RuntimeOptions, startRuntime } from '../../engine/host/runtime.ts';
import { WatchedKeys } from '../../engine/host/watched-keys.ts';
import type { Runtime } from '../../engine/status/types.ts';
import { errorText } from '../../redis/problem.ts';
import { type Portfolio, portfolioOf } from '../../settings/portfolio.ts';
import type { TraderToken } from '../../settings/traders.ts';
import { clearScratch, HOSTED_SEC, type Invitation, invitationIn, markOf, type ProofHost } from './invitation.ts';
import { clearLeftovers } from './leftovers.ts';
import { ProofRuns } from './runs.ts';

const LOOK_MS = 500;
/** How often it is looked for scratch portfolios that died with whoever made them, ms. */
const LEFTOVERS_MS = 10_000;
const PROOF_STRATEGY = 'prove';
const ANNOUNCED_SETTINGS = {
  'heat-bridge': ['P27_TTL_PLAN_SEC', 'P27_TTL_SYMBOL_SEC', 'P27_DEDUPE_TTL_SEC'],
  'risk-governor': ['BUDGET_HASH_TTL_SEC', 'BUDGET_COMPUTE_INTERVAL_SEC'],
} as const;

/** What hosting works with: what the process was started with, and what it runs. */
export interface HostingDeps {
  readonly options: RuntimeOptions;
  readonly runtime: HostedRuntime;
  /** Where this process listens; asked for whenever it is announced. */
  readonly addresses: () => ProofHost['http'];
}

interface Hosted {
  readonly invitation: Invitation;
  readonly runtime: HostedRuntime;
}

/**
 * Follows the invitations to a proof: while one stands on a portfolio of this process, its scratch portfolio is hosted
 * with the same handlers and settings, and with metrics of its own. One that ends takes the keys of the scratch
 * portfolio with it.
 */
export class ProofHosting {
  /** The proofs that are made here. */
  readonly runs: ProofRuns;
  readonly #deps: HostingDeps;
  readonly #hosted = new Map<string, Hosted>();
  readonly #log: Logger;
  /** Feeds collect from an exchange, which a scratch portfolio has none of. */
  readonly #handlers: readonly AnyHandler[];
  readonly #watched: WatchedKeys;

  constructor(deps: HostingDeps) {
    this.#deps = deps;
    this.#log = deps.options.log;
    this.#watched = new WatchedKeys(deps.runtime, (error) => this.#log.warn(`proof: ${errorText(error)}`));
    this.runs = new ProofRuns((portfolio) => deps.options.connect(portfolio), this.#log);
    this.#handlers = deps.options.handlers.filter(({ gate }) => gate !== 'feeds');
  }

  /** Looks twice a second from now on. */
  start(): void {
    this.#watched.start([
      {
        everyMs: LOOK_MS,
        ask: (portfolio) => ['GET', portfolio.key(runtimeKeys.proof)],
        told: (portfolio, text) => this.#look(portfolio, text),
      },
      {
        everyMs: LEFTOVERS_MS,
        ask: (portfolio) => ['SMEMBERS', portfolio.key(runtimeKeys.scratches)],
        told: (portfolio, noted) => this.#clear(portfolio, noted),
      },
    ]);
  }

  /** What runs on the scratch portfolio of this prefix; undefined when it is not hosted here. */
  runtimeOf(prefix: string): Runtime | undefined {
    return [...this.#hosted.values()].find(({ invitation }) => invitation.prefix === prefix)?.runtime;
  }

  /** The strategy of a proof that runs, and its scratch portfolio, by the token that its command made; undefined for any other. */
  traderOf(token: string): TraderToken | undefined {
    const mark = markOf(token);
    const hosted = [...this.#hosted.values()].find(({ invitation }) => invitation.asker === mark);
    return hosted && { strategy: PROOF_STRATEGY, portfolio: hosted.invitation.prefix, token };
  }

  /** Stops what is made here, and what is hosted; the keys of that stay, for the workers that go on and for the proof itself. */
  async stop(): Promise<void> {
    await this.runs.stop();
    await this.#watched.stop();
    await Promise.all([...this.#hosted.values()].map(({ runtime }) => runtime.stop()));
    this.#hosted.clear();
  }

  async #look(portfolio: Portfolio, text: unknown): Promise<void> {
    const invitation = invitationIn(text, portfolio);
    const hosted = this.#hosted.get(portfolio.prefix);
    if (hosted === undefined && invitation === undefined) return;
    const redis = this.#deps.runtime.redisOf(portfolio);
    if (hosted !== undefined && hosted.invitation.prefix !== invitation?.prefix) await this.#end(redis, portfolio);
    if (invitation === undefined || !this.#watched.isOn || this.#handlers.length === 0) return;
    const { runtime } = this.#hosted.get(portfolio.prefix) ?? (await this.#host(portfolio, invitation));
    await this.#announce(redis, runtime);
  }

  async #clear(portfolio: Portfolio, noted: unknown): Promise<void> {
    if (this.#hosted.has(portfolio.prefix) || !Array.isArray(noted) || noted.length === 0) return;
    const left = await clearLeftovers(this.#deps.runtime.redisOf(portfolio), portfolio);
    for (const prefix of left) this.#log.info(`proof: ${prefix} was left over`);
  }

  async #host(portfolio: Portfolio, invitation: Invitation): Promise<Hosted> {
    const { options } = this.#deps;
    const runtime = await startRuntime({
      ...options,
      companions: options.companions.filter(({ leavesProofs }) => leavesProofs !== true),
      portfolios: [portfolioOf(invitation.prefix)],
      handlers: this.#handlers,
      schedules: true,
      log: this.#log.child({ portfolio: invitation.prefix }),
    });
    const hosted = { invitation, runtime };
    this.#hosted.set(portfolio.prefix, hosted);
    this.#log.info(`proof: hosting ${invitation.prefix}`);
    return hosted;
  }

  async #end(redis: Redis, portfolio: Portfolio): Promise<void> {
    const hosted = this.#hosted.get(portfolio.prefix);
    const scratch = hosted?.runtime.portfolios[0];
    if (hosted === undefined || scratch === undefined) return;
    this.#hosted.delete(portfolio.prefix);
    await hosted.runtime.stop();
    if (!hosted.invitation.keep) await clearScratch(redis, scratch);
    await redis.del(scratch.key(runtimeKeys.proofHost(hosted.runtime.workerName)));
    this.#log.info(`proof: ${scratch.prefix} is over`);
  }

  async #announce(redis: Redis, hosted: HostedRuntime): Promise<void> {
    const [scratch] = hosted.portfolios;
    if (scratch === undefined) return;
    const { options, addresses } = this.#deps;
    const said: ProofHost = {
      worker: hosted.workerName,
      machine: hostname(),
      pid: process.pid,
      handlers: hosted.handlers.map(({ name }) => name),
      http: addresses(),
      asks: true,
      p28TestMode: options.settings.runtime.p28TestMode,
      settings: announcedSettings(hosted),
    };
    await redis.set(scratch.key(runtimeKeys.proofHost(hosted.workerName)), JSON.stringify(said), 'EX', HOSTED_SEC);
  }
}

function announcedSettings(runtime: Runtime): Record<string, number> {
  const own = new Set(runtime.handlers.map(({ name }) => name));
  const entries = Object.entries(ANNOUNCED_SETTINGS).flatMap(([handler, names]) => {
    if (!own.has(handler)) return [];
    const values = runtime.settingsOf(handler) as Readonly<Record<string, unknown>>;
    return names.map((name) => [name, Number(values[name])] as const);
  });
  return Object.fromEntries(entries);
}

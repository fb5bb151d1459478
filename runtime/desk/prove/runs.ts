import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { ProofRun } from '../../../schemas/api/proof.ts';
import { type Change, Refusal } from '../../engine/commit/operation.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { errorText } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Finding } from '../doctor/findings.ts';
import { type ProofResult, prove, sectionTitles } from './index.ts';
import { markdownOf, proofWords } from './report.ts';
import { askToStop, beginRecord, keepRecord, lastRecord, stoppedBy } from './run-record.ts';

const SAY_MS = 500;
/** So long a process that stops waits for the proofs it makes to be cleared away, ms. */
const STOP_WITHIN_MS = 5_000;

/** What a proof that is begun over HTTP needs to know. */
export interface RunDeps {
  readonly portfolio: Portfolio;
  readonly handlers: readonly AnyHandler[];
  /** Who begins it, and why. */
  readonly change: Change;
  /** What the doctor finds broken of the server and the portfolio. */
  readonly broken: (redis: Redis) => Promise<readonly Finding[]>;
}

interface Running {
  readonly ending: AbortController;
  readonly over: Promise<void>;
}

/** Proofs that this process makes because somebody asked it to over HTTP: how they stand is in Redis, for every process. */
export class ProofRuns {
  readonly #connect: (portfolio: Portfolio) => Redis;
  readonly #log: Logger;
  readonly #running = new Set<Running>();

  /** `connect` makes another connection to the Redis of a portfolio. */
  constructor(connect: (portfolio: Portfolio) => Redis, log: Logger) {
    this.#connect = connect;
    this.#log = log;
  }

  /** Begins a proof, and answers once it has: throws a `Refusal` where another one runs on the portfolio. */
  async begin(deps: RunDeps): Promise<ProofRun> {
    return await new Promise((resolve, reject) => {
      const ending = new AbortController();
      const over = this.#make(deps, ending, resolve).catch(reject);
      const running = { ending, over: over.finally(() => this.#running.delete(running)) };
      this.#running.add(running);
    });
  }

  /** Asks whoever makes the proof that runs to stop it; throws a `Refusal` where none does. */
  async askToStop(redis: Redis, portfolio: Portfolio, { actor, reason }: Change): Promise<ProofRun> {
    const { run, id } = await lastRecord(redis, portfolio);
    if (run.state !== 'running') throw new Refusal(`expected a proof that runs on ${portfolio.prefix}, got none`);
    await askToStop({ redis, portfolio, id }, `${actor}: ${reason}`);
    return run;
  }

  /** Stops the proofs that are made here, and resolves once their scratch portfolios are gone, within five seconds. */
  async stop(): Promise<void> {
    const all = [...this.#running];
    for (const { ending } of all) ending.abort();
    const late = new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref());
    if (all.length > 0) await Promise.race([Promise.all(all.map(({ over }) => over)), late]);
  }

  async #make(deps: RunDeps, ending: AbortController, begun: (run: ProofRun) => void): Promise<void> {
    const { portfolio, change } = deps;
    const { actor: by, reason } = change;
    const open = [this.#connect(portfolio)] as [Redis, ...Redis[]];
    const [redis] = open;
    const run = { state: 'running', by, reason, at: null, scratch: '', checks: [], says: '', report: '' } as const;
    const telling = new Telling({ redis, portfolio, id: randomUUID() }, { ...run, sections: sectionTitles });
    try {
      const connect = async () => {
        const further = this.#connect(portfolio);
        open.push(further);
        return further;
      };
      const result = await prove({
        ...{ ...deps, redis, connect, signal: ending.signal, broken: () => deps.broken(redis) },
        ...{ only: [], destructive: false, keep: false, maxLatencyMs: undefined, environment: {} },
        onBegun: async (scratch) => begun(await telling.begin(scratch, () => ending.abort())),
        onCheck: (check) => telling.add(check),
      });
      await telling.end(result);
      this.#log.info(`proof of ${portfolio.prefix}, begun by ${by} (${reason}): ${proofWords(result, false)}`);
    } catch (error) {
      if (!(error instanceof Refusal)) this.#log.warn(`proof of ${portfolio.prefix}: ${errorText(error)}`);
      await telling.fail(errorText(error));
      throw error;
    } finally {
      telling.stop();
      for (const client of open) client.disconnect();
    }
  }
}

/** How a proof stands, told twice a second while it runs. */
class Telling {
  readonly #place: Parameters<typeof keepRecord>[0];
  #run: ProofRun;
  #stoppedBy: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(place: Parameters<typeof keepRecord>[0], run: ProofRun) {
    this.#place = place;
    this.#run = run;
  }

  /** From now on it is told; `stop` is called once somebody asks for its end. */
  async begin(scratch: string, stop: () => void): Promise<ProofRun> {
    const at = Math.floor((await redisNowMs(this.#place.redis)) / 1000);
    this.#run = { ...this.#run, at, scratch };
    await beginRecord(this.#place, this.#run);
    const tell = async () => {
      await keepRecord(this.#place, this.#run);
      this.#stoppedBy ??= await stoppedBy(this.#place);
      if (this.#stoppedBy !== undefined) stop();
    };
    this.#timer = setInterval(() => {
      this.#turn = this.#turn.then(tell).catch(() => undefined);
    }, SAY_MS);
    return this.#run;
  }

  add(check: ProofRun['checks'][number]): void {
    this.#run = { ...this.#run, checks: [...this.#run.checks, check] };
  }

  async end(result: ProofResult): Promise<void> {
    const state = result.interrupted ? 'stopped' : 'done';
    const by = state === 'stopped' && this.#stoppedBy !== undefined ? `Stopped by ${this.#stoppedBy}. ` : '';
    await this.#last({ ...this.#run, state, says: by + proofWords(result, false), report: markdownOf(result) });
  }

  /** One that never began is not told of. */
  async fail(says: string): Promise<void> {
    if (this.#timer !== undefined) await this.#last({ ...this.#run, state: 'failed', says });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #last(run: ProofRun): Promise<void> {
    this.stop();
    await this.#turn;
    await keepRecord(this.#place, run);
  }
}

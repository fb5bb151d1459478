import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { DemoRun } from '../../../../schemas/api/demo.ts';
import { portfolioOfDemo } from '../../../../schemas/demo-prefix.ts';
import { DAY_SEC } from '../../../../schemas/duration.ts';
import { parseJson } from '../../../../schemas/json.ts';
import { runtimeKeys } from '../../../../schemas/keys.ts';
import { clearScratch, keysFrom } from '../../../desk/prove/invitation.ts';
import { release } from '../../../redis/release.ts';
import { renew } from '../../../redis/renew.ts';
import { type Portfolio, portfolioOf } from '../../../settings/portfolio.ts';

/** So long a demo stands after the process that has it last said so, seconds. */
const ALIVE_SEC = 10;
const KEPT_SEC = 7 * DAY_SEC;

/** No demo was begun. */
const NO_RUN: DemoRun = {
  ...{ state: 'none', by: '', reason: '', at: null, prefix: '', played: 0, hours: 0 },
  ...{ simulated_at: null, until: null, says: '', report: '' },
};

/** A demo, by what is kept of it beside the portfolio that it was begun on. */
export class DemoPlace {
  readonly redis: Redis;
  readonly real: Portfolio;
  /** What it is played on. */
  readonly portfolio: Portfolio;

  private constructor(redis: Redis, real: Portfolio, prefix: string) {
    this.redis = redis;
    this.real = real;
    this.portfolio = portfolioOf(prefix, { simulatedClock: true });
  }

  /** Chooses a prefix inside the portfolio's own, where its Redis user may write and its slot is. */
  static chosen(redis: Redis, real: Portfolio): DemoPlace {
    return new DemoPlace(redis, real, real.key(`demo-${randomBytes(6).toString('hex')}`));
  }

  /** The demo that stands on a portfolio; undefined for none, and for a prefix that can be none of its demos. */
  static async standing(redis: Redis, real: Portfolio): Promise<DemoPlace | undefined> {
    const [prefix] = await redis.mget(real.key(runtimeKeys.demoAlive));
    return DemoPlace.named(redis, real, prefix);
  }

  /** The same of what the key holds. */
  static named(redis: Redis, real: Portfolio, prefix: unknown): DemoPlace | undefined {
    return isDemoOf(prefix, real) ? new DemoPlace(redis, real, prefix) : undefined;
  }

  /** Those that are noted and do not stand: whoever had them died, or they were deleted and a worker may have written since. */
  static async left(redis: Redis, real: Portfolio): Promise<readonly DemoPlace[]> {
    const noted = (await redis.smembers(real.key(runtimeKeys.demos))).filter((prefix) => isDemoOf(prefix, real));
    const standing = (await DemoPlace.standing(redis, real))?.portfolio.prefix;
    return noted.filter((prefix) => prefix !== standing).map((prefix) => new DemoPlace(redis, real, prefix));
  }

  /** Makes it the one that stands, and notes it; false where another one does. */
  async claim(): Promise<boolean> {
    const { prefix } = this.portfolio;
    const key = this.real.key(runtimeKeys.demoAlive);
    if ((await this.redis.set(key, prefix, 'EX', ALIVE_SEC, 'NX')) !== 'OK') return false;
    await this.redis.sadd(this.real.key(runtimeKeys.demos), prefix);
    return true;
  }

  /** Says that it is there; false where it does not stand any more. */
  async keep(): Promise<boolean> {
    return await renew(this.redis, this.real.key(runtimeKeys.demoAlive), this.portfolio.prefix, ALIVE_SEC);
  }

  /** It stands no more: whoever shows it lets go. */
  async leave(): Promise<void> {
    await release(this.redis, this.real.key(runtimeKeys.demoAlive), this.portfolio.prefix);
  }

  /** Deletes every key of it; whether there was any. */
  async empty(): Promise<boolean> {
    const wasThere = (await keysFrom(this.redis, this.portfolio.key(''))).length > 0;
    if (wasThere) await clearScratch(this.redis, this.portfolio);
    return wasThere;
  }

  /** Takes its note back: nobody is going to write there. */
  async forget(): Promise<void> {
    await this.redis.srem(this.real.key(runtimeKeys.demos), this.portfolio.prefix);
  }

  /** Says that a process begins, or has ended, to run gates there beside the one that plays. */
  async shownBy(process: string, isShown: boolean): Promise<void> {
    const key = this.portfolio.key(runtimeKeys.demoShown);
    await (isShown ? this.redis.sadd(key, process) : this.redis.srem(key, process));
  }

  /** Whether a process that showed it has not let go. */
  async isShown(): Promise<boolean> {
    return (await this.redis.scard(this.portfolio.key(runtimeKeys.demoShown))) > 0;
  }

  /** Keeps how it stands, for a week. */
  async tell(run: DemoRun): Promise<void> {
    await this.redis.set(this.real.key(runtimeKeys.demoRun), JSON.stringify(run), 'EX', KEPT_SEC);
  }

  /** Nothing is told of it any more. */
  async untell(): Promise<void> {
    await this.redis.del(this.real.key(runtimeKeys.demoRun));
  }

  /** Asks whoever has it to end it; `why` says who asks, and for what reason. */
  async askToEnd(why: string): Promise<void> {
    const text = `${this.portfolio.prefix} ${why}`;
    await this.redis.set(this.real.key(runtimeKeys.demoStop), text, 'EX', ALIVE_SEC);
  }

  /** Who asked for its end, and why; undefined where nobody has. */
  async endAsked(): Promise<string | undefined> {
    const text = (await this.redis.get(this.real.key(runtimeKeys.demoStop))) ?? '';
    const start = `${this.portfolio.prefix} `;
    return text.startsWith(start) ? text.slice(start.length) : undefined;
  }
}

/** How the last demo of a portfolio stands. One of which nobody says any more that it is there is lost. */
export async function demoTold(redis: Redis, real: Portfolio): Promise<DemoRun> {
  const [text, standing] = await redis.mget(real.key(runtimeKeys.demoRun), real.key(runtimeKeys.demoAlive));
  const run = DemoRun.safeParse(parseJson(text ?? '')).data;
  if (run === undefined) return NO_RUN;
  if ((run.state !== 'running' && run.state !== 'done') || run.prefix === standing) return run;
  const says = `The process that had it is gone. A running worker deletes ${run.prefix}.`;
  return { ...run, state: 'lost', says, until: null };
}

/** No other prefix is ever hosted, or cleared. */
function isDemoOf(prefix: unknown, real: Portfolio): prefix is string {
  const beside = typeof prefix === 'string' ? portfolioOfDemo(prefix) : undefined;
  return beside !== undefined && `${beside}:` === real.key('');
}

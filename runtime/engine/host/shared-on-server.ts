import type { Redis } from 'ioredis';
import { Beat } from '../../redis/beat.ts';
import { gathered } from '../../redis/gathered.ts';
import { Looks } from '../../redis/looks.ts';
import { asOneList, Together } from '../../redis/together.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { RestLooks } from '../lane/at-rest.ts';
import { LeaseRounds } from '../lane/lease-rounds.ts';
import { SharedWaits } from '../lane/shared-wait.ts';
import type { Metrics } from '../status/metrics.ts';
import { ENGINE_TIMINGS, type EngineTimings } from '../status/timings.ts';
import type { NamedStream } from '../streams/named.ts';
import { type StreamPosition, streamPositions } from '../streams/positions.ts';
import { Invalidations } from '../views/invalidations.ts';
import type { RuntimeOptions } from './runtime.ts';
import { Schedules } from './schedules.ts';
import { claimSlots, type SlotClaim } from './workers.ts';

/** From so many portfolios on, connections are shared where that costs a busy one something: with fewer they are no trouble. */
const SHARED_FROM = 5;
/** Portfolios of one server whose commands, which never block, go over one connection. */
const COMMANDS_TOGETHER = 20;
/** Portfolios whose streams one script looks at: Redis takes some 0.2 ms for those of one. */
const POSITIONS_TOGETHER = 5;
/** Listeners that a portfolio has on its connection, at most. */
const LISTENERS_EACH = 10;

/** A section of `INFO`. */
export type InfoSection = 'server' | 'memory' | 'cluster';

/** A connection for commands, and what is asked over it again and again for all the portfolios whose it is. */
export interface Line {
  readonly redis: Redis;
  readonly looks: Looks;
  readonly leaseRounds: LeaseRounds;
  readonly beat: Beat;
  readonly restLooks: RestLooks;
  /** What its server says of itself (`INFO`, of a section); those that ask at once ask once. */
  readonly info: (section: InfoSection) => Promise<string>;
  /** Streams whose positions are asked for, and worker names that are kept: those of many by one script. */
  readonly positions: Together<readonly NamedStream[], readonly StreamPosition[]>;
  readonly slots: Together<SlotClaim, string>;
  /** After which part of an interval it does what is not urgent, 0 to 1: each line at moments of its own. */
  readonly share: number;
}

/** What the portfolios of one server have in common in a process. */
interface SharedOnServer {
  /** That of the portfolio at this place. */
  readonly lineOf: (at: number) => Line;
  readonly invalidations: Invalidations;
  /** What idle lanes wait with, where there are many portfolios. */
  readonly sharedWaits: SharedWaits | undefined;
  /** Undefined where none run. */
  readonly schedules: Schedules | undefined;
}

/** Makes what these portfolios, which one server keeps, have in common. */
export function sharedOn(
  portfolios: readonly Portfolio[],
  { handlers, settings, schedules, log, timings }: RuntimeOptions,
  connect: (portfolio: Portfolio) => Redis,
  metrics: Metrics,
): SharedOnServer {
  const [any] = portfolios as readonly [Portfolio];
  const isMany = portfolios.length >= SHARED_FROM;
  const waits = { ...ENGINE_TIMINGS, ...timings };
  const lines: Line[] = [];
  const lineOf = (at: number): Line => {
    const place = isMany ? Math.floor(at / COMMANDS_TOGETHER) : at;
    const portfolio = portfolios[at] as Portfolio;
    lines[place] ??= {
      ...lineOn(isMany ? forMany(connect(portfolio)) : connect(portfolio), waits),
      share: isMany ? (place * COMMANDS_TOGETHER) / portfolios.length : 0,
    };
    return lines[place];
  };
  const settingsOf = (handler: string) => settings.handlers.get(handler);
  const { redis } = lineOf(0);
  return {
    lineOf,
    invalidations: new Invalidations(connect(any), portfolios),
    sharedWaits: isMany ? new SharedWaits(() => connect(any), waits) : undefined,
    schedules: schedules
      ? new Schedules({ redis, portfolios, handlers, settingsOf, metrics, log, timings: waits })
      : undefined,
  };
}

function lineOn(redis: Redis, timings: EngineTimings): Omit<Line, 'share'> {
  const asking = new Map<InfoSection, Promise<string>>();
  const info = (section: InfoSection) => {
    const asked = asking.get(section) ?? redis.info(section).finally(() => asking.delete(section));
    asking.set(section, asked);
    return asked;
  };
  return {
    ...{ redis, info, leaseRounds: new LeaseRounds(redis, timings), beat: new Beat() },
    ...{ looks: new Looks(redis), restLooks: new RestLooks(redis) },
    positions: new Together((lists) => asOneList(lists, (all) => streamPositions(redis, all)), POSITIONS_TOGETHER),
    slots: new Together((claims) => claimSlots(redis, claims), COMMANDS_TOGETHER),
  };
}

function forMany(connection: Redis): Redis {
  connection.setMaxListeners(LISTENERS_EACH * COMMANDS_TOGETHER);
  return gathered(connection);
}

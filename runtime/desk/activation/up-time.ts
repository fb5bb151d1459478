import type { Redis } from 'ioredis';
import { HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_HOURS } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** Up-time is known of so many hours. */
const KEPT_HOURS = WEEK_HOURS;
/** A worker looks at its lanes so often: one that starts again and again is not there by then. */
const MARK_EVERY_MS = 20 * SECOND_MS;

const MARK = luaScript('portcullisUpTime', new URL('./up-time.lua', import.meta.url));

/** In how many of the whole minutes of a time a worker of a gate ran. */
export interface UpTime {
  readonly minutes: number;
  readonly up: number;
}

/** Marks the minute that it is, by Redis's clock, as one in which a worker of these gates ran. */
export async function markUp(redis: Redis, portfolio: Portfolio, gates: readonly string[]): Promise<void> {
  const keys = gates.map((gate) => portfolio.key(runtimeKeys.upTime(gate)));
  if (keys.length > 0) await runScript(redis, MARK, keys, [KEPT_HOURS]);
}

/** The up-time of a gate between two moments (Unix ms), of their last 7 days at most. A minute that nobody marked counts as down. */
export async function upTimeOf(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<UpTime> {
  const key = portfolio.key(runtimeKeys.upTime(gate));
  const hours = (await redis.type(key)) === 'hash' ? await redis.hgetall(key) : {};
  const first = Math.ceil(Math.max(fromMs, toMs - KEPT_HOURS * HOUR_MS) / MINUTE_MS);
  const end = Math.floor(toMs / MINUTE_MS);
  let up = 0;
  for (let minute = first; minute < end; minute += 1) if (isMarked(hours, minute)) up += 1;
  return { minutes: Math.max(0, end - first), up };
}

const MINUTES_EACH = HOUR_MS / MINUTE_MS;
const DIGIT_MINUTES = 4;

function isMarked(hours: Readonly<Record<string, string>>, minute: number): boolean {
  const ofHour = minute % MINUTES_EACH;
  const digits = hours[Math.floor(minute / MINUTES_EACH)] ?? '';
  const digit = Number.parseInt(digits[Math.floor(ofHour / DIGIT_MINUTES)] ?? '0', 16);
  return Math.floor(digit / 2 ** (ofHour % DIGIT_MINUTES)) % 2 === 1;
}

/** Marks the minutes in which lanes that run here are running, gate by gate; one that is held judges nothing. */
class UpTimeMarks {
  readonly #host: CompanionHost;
  readonly #gates: readonly string[];
  readonly #timer: NodeJS.Timeout;
  #turn: Promise<void> = Promise.resolve();

  constructor(host: CompanionHost) {
    this.#host = host;
    this.#gates = modalGates(host.handlers).map(({ gate }) => gate);
    this.#timer = setInterval(() => this.#begin(), MARK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  #begin(): void {
    const { redis, portfolio, log } = this.#host;
    this.#turn = markUp(redis, portfolio, runningGates(this.#host, this.#gates)).catch((error: unknown) => {
      log.warn(`up-time not kept: ${messageOf(error)}`);
    });
  }
}

/** Those of the gates of which a lane runs here and none is held: while another worker reads, that one marks them. */
export function runningGates(
  { lanes, statuses }: Pick<CompanionHost, 'lanes' | 'statuses'>,
  gates: readonly string[],
): string[] {
  const states = new Map(statuses().map(({ handler, state }) => [handler, state]));
  return gates.filter((gate) => {
    const own = lanes.filter((lane) => lane.gate === gate).map(({ handler }) => states.get(handler));
    return own.includes('running') && !own.includes('held');
  });
}

/** Keeps the up-time of the gates that run here; there is none in simulated time, and none of a proof. */
export const upTimeCompanion: Companion = {
  metrics: [],
  leavesProofs: true,
  start: (host) => (host.portfolio.simulatedClock ? { stop: async () => undefined } : new UpTimeMarks(host)),
};

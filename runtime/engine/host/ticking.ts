import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { tickStream } from '../lane/identity.ts';
import { messageOf } from '../lane/judging.ts';

const TICK = luaScript('portcullisTick', new URL('./tick.lua', import.meta.url));

/** A tick that is to be put on the stream of its handler. */
export interface Tick {
  readonly portfolio: Portfolio;
  /** The connection for commands to the server that keeps the portfolio. */
  readonly redis: Redis;
  /** The same tick has the same, whoever makes it. */
  readonly id: string;
  /** When it was due, Unix ms. */
  readonly dueMs: number;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What became of a tick. */
export interface Ticked {
  readonly tick: Tick;
  /** How many ms lie between it and the one before of its schedule; 0 where nobody can tell, or it had been made. */
  readonly sinceLastMs: number;
  /** Why it could not be made; empty where it was, or had been. */
  readonly problem: string;
}

/** Which handler ticks, for how long a tick is remembered (ms), and whether its ticks are those of a schedule. */
export interface Ticking {
  readonly handler: string;
  readonly keptMs: number;
  readonly isScheduled: boolean;
}

/** Puts ticks on their streams, each once, those over one connection by one script. One that cannot be made keeps no other from being made. */
export async function makeTicks(about: Ticking, ticks: readonly Tick[]): Promise<readonly Ticked[]> {
  const byConnection = new Map<Redis, Tick[]>();
  for (const tick of ticks) {
    const same = byConnection.get(tick.redis);
    if (same === undefined) byConnection.set(tick.redis, [tick]);
    else same.push(tick);
  }
  return (await Promise.all([...byConnection.values()].map((some) => madeTogether(about, some)))).flat();
}

/** Where Redis refuses for the keys of one, each is made alone. */
async function madeTogether(about: Ticking, ticks: readonly Tick[]): Promise<readonly Ticked[]> {
  const [only, ...others] = ticks;
  if (only === undefined) return [];
  const keys = ticks.flatMap(({ portfolio }) => [
    portfolio.key(runtimeKeys.made(about.handler)),
    portfolio.streamKey(tickStream(about.handler)),
    portfolio.key(runtimeKeys.lastTick),
  ]);
  const args = [about.keptMs, about.handler, ...ticks.flatMap((tick) => argsOf(tick, about.isScheduled))];
  try {
    const answers = (await runScript(only.redis, TICK, keys, args)) as readonly (readonly [number | null, string])[];
    return ticks.map((tick, at) => {
      const [sinceLastMs, problem] = answers[at] as readonly [number | null, string];
      return { tick, sinceLastMs: sinceLastMs ?? 0, problem };
    });
  } catch (error) {
    if (others.length === 0) return [{ tick: only, sinceLastMs: 0, problem: messageOf(error) }];
    return (await Promise.all(ticks.map((tick) => madeTogether(about, [tick])))).flat();
  }
}

function argsOf({ id, dueMs, fields = {} }: Tick, isScheduled: boolean): readonly (string | number)[] {
  const entry = ['tick_id', id, 'scheduled_ms', String(dueMs), ...Object.entries(fields).flat()];
  return [isScheduled ? String(dueMs) : '', entry.length, ...entry];
}

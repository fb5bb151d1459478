import type { Redis } from 'ioredis';
import { SWITCHES_GATE } from '../../../handlers/common/governor-events.ts';
import { KEY_GONE } from '../../../handlers/common/kill-report.ts';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { operate } from '../commit/operation.ts';

/** The trading state as it was seen. `rev` and `since` tell it from any other. */
export interface StateSeen {
  readonly rev: number;
  readonly since: string;
  readonly tradingState: string;
  readonly armed: boolean;
}

/** What was seen of the switches. */
export interface SwitchesSeen {
  readonly killOn: boolean;
  readonly killAbsent: boolean;
  /** Undefined where there is none. */
  readonly state: StateSeen | undefined;
}

const REPORT = luaScript('portcullisVanished', new URL('./vanished.lua', import.meta.url));

/** Puts into the ledger, with actor `unknown`, that a kill switch that was on, or a trading state, is gone: once, however many workers see it. */
export async function reportVanished(
  redis: Redis,
  portfolio: Portfolio,
  { kill, state }: { readonly kill: boolean; readonly state?: StateSeen | undefined },
): Promise<void> {
  const identity = state === undefined ? 'none' : `${state.rev}:${state.since}`;
  const change = { actor: 'unknown', reason: KEY_GONE };
  await operate(redis, portfolio, REPORT, change, {
    keys: [keys.kill, keys.killSeen, keys.governorState, runtimeKeys.vanished(identity)].map((name) =>
      portfolio.key(name),
    ),
    args: [kill ? '1' : '0', state?.tradingState ?? '', state?.armed === false ? '0' : '1', identity, SWITCHES_GATE],
  });
}

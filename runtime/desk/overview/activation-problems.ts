import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Problem } from '../../../schemas/api/overview.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type GateActivation, readActivations } from '../activation/record.ts';
import { UNLOOKED_MS } from '../activation/watch.ts';

/** Activations under watch, and those that put themselves back within the last day. */
export async function activationProblems(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): Promise<Problem[]> {
  const activations = await readActivations(redis, portfolio, handlers);
  if (activations.length === 0) return [];
  const nowMs = await redisNowMs(redis);
  return activations.flatMap((activation) => problemOf(activation, nowMs) ?? []);
}

function problemOf(activation: GateActivation, nowMs: number): Problem | undefined {
  const { gate, state, from, to, outcome, started_ms, ended_ms } = activation;
  if (state === 'watching') return watchProblem(activation, nowMs, started_ms / 1000);
  if (state !== 'rolled_back' || ended_ms === null || nowMs - ended_ms >= DAY_MS) return undefined;
  return {
    key: `rolled back ${gate}`,
    severity: 'critical',
    what: `${gate} put itself back from ${to} into ${from}: ${outcome}`,
    do: `portcullis activate ${gate} --check, once the cause is found. This line goes after a day, or with the next activation.`,
    since: ended_ms / 1000,
  };
}

function watchProblem({ gate, from, to, until_ms, looked_ms }: GateActivation, nowMs: number, since: number): Problem {
  if (nowMs - looked_ms > UNLOOKED_MS) {
    return {
      key: `unwatched ${gate}`,
      severity: 'critical',
      what: `${gate} is in ${to} under watch, and nobody looks: it would not go back by itself`,
      do: `Start a worker of it (portcullis start), or portcullis rollback ${gate}`,
      since,
    };
  }
  return {
    key: `watched ${gate}`,
    severity: 'warning',
    what: `${gate} is in ${to} under watch until ${utc(until_ms)}: every condition holds`,
    do: `Nothing: it goes back into ${from} by itself if one does not. At once: portcullis rollback ${gate}`,
    since,
  };
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

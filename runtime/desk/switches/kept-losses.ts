import type { Redis } from 'ioredis';
import { lossText } from '../../../handlers/common/loss-limits/figures.ts';
import type { KeptLossesAnswer } from '../../../schemas/api/loss.ts';
import { keys } from '../../../schemas/keys.ts';
import { lossFrom, parseLossMarks } from '../../../schemas/loss-latch.ts';
import { lossKinds, lossReasons } from '../../../schemas/loss-limits.ts';
import { parsePauses } from '../../../schemas/trades.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { hashFact } from '../../redis/facts-now.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What is kept of losses, as a person reads it. */
export type KeptLosses = KeptLossesAnswer;

const NOTHING = { lost: null, equity_usd: null, read_at: null, bases: [], tripped: [] };

/** What losses are counted against, what the last reading lost of each, and the limits that are held, losses in a row among them. */
export async function keptLosses(redis: Redis, portfolio: Portfolio): Promise<KeptLosses> {
  const [marks, pauses] = await Promise.all([
    keptMarks(redis, portfolio),
    hashFact(redis, portfolio.key(keys.lossPauses)),
  ]);
  const paused = pauses.wrongType ? undefined : parsePauses(pauses.fields);
  return {
    ...marks,
    paused: [...(paused ?? [])].map(([symbol, { losses, limit, atMs }]) => ({
      symbol,
      losses,
      limit,
      at: atMs / 1000,
    })),
    paused_unreadable: paused === undefined,
  };
}

async function keptMarks(
  redis: Redis,
  portfolio: Portfolio,
): Promise<Omit<KeptLosses, 'paused' | 'paused_unreadable'>> {
  const key = portfolio.key(keys.lossLatch);
  const type = await redis.type(key);
  if (type === 'none') return { state: 'none', ...NOTHING };
  const fields = type === 'hash' ? fieldsOf(Object.entries(await redis.hgetall(key)).flat()) : {};
  const marks = parseLossMarks(fields);
  if (marks === undefined) return { state: 'unreadable', ...NOTHING };
  const last = marks.recent.at(-1);
  return {
    state: 'kept',
    lost: fields.lost ?? null,
    equity_usd: last?.equityUsd ?? null,
    read_at: last === undefined ? null : last.atMs / 1000,
    bases: lossKinds.flatMap((kind) => {
      const base = marks.bases[kind];
      if (base === undefined || last === undefined) return [];
      const { usd, pct } = lossFrom(base, last);
      return [{ kind, since: base.atMs / 1000, base_usd: base.equityUsd, loss_usd: usd, loss_pct: pct }];
    }),
    tripped: lossKinds.flatMap((kind) => {
      const trip = marks.tripped[kind];
      if (trip === undefined) return [];
      const { setting, value, limit, atMs } = trip;
      return [
        {
          kind,
          reason: lossReasons[kind],
          setting,
          loss: lossText(setting, value),
          limit: lossText(setting, limit),
          at: atMs / 1000,
        },
      ];
    }),
  };
}

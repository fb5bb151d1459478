import type { Redis } from 'ioredis';
import type { Runtime } from '../../../engine/status/types.ts';
import type { Known } from '../../../engine/streams/known.ts';
import { handlerNamed } from '../../../engine/streams/known.ts';
import type { StreamRef } from '../../../engine/streams/lanes.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';
import { type GovernorLook, lookAtGovernor } from '../../overview/limits.ts';

/** What a preview is worked out from. */
export interface PreviewDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly runtime: Pick<Runtime, 'look' | 'redisOf'>;
  readonly known: Known;
  /** The streams that may have dead letters. */
  readonly streams: readonly StreamRef[];
}

/** The governor's figures now. */
export async function governorNow({ runtime, portfolio, known }: PreviewDeps): Promise<GovernorLook> {
  const governor = handlerNamed(known.handlers, 'governor');
  return await lookAtGovernor((handler, reads) => runtime.look(portfolio, handler, reads), governor);
}

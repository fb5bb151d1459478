import { toEpochSeconds } from '../../../schemas/time.ts';
import type { PackedEffect } from './request.ts';

/** The copy of the source entry to its dead-letter stream, with why and since when. */
export function deadLetter(
  dlqKey: string,
  about: { id: string; group: string; reason: string; attempts: number; nowMs: number },
): PackedEffect {
  return {
    op: 'dead',
    key: dlqKey,
    type: 'stream',
    fields: [
      'dlq_id',
      about.id,
      'dlq_group',
      about.group,
      'dlq_reason',
      about.reason,
      'dlq_attempts',
      String(about.attempts),
      'dlq_ts',
      toEpochSeconds(about.nowMs),
    ],
  };
}

import { describe, expect, it } from 'vitest';
import { knownUndelivered, LAG_METRICS, lagGauges } from '../../../../runtime/engine/status/lag.ts';
import { Metrics, RUNTIME } from '../../../../runtime/engine/status/metrics.ts';

describe('the number of undelivered entries', () => {
  const state = { length: 10, firstId: '100-0', lastGeneratedId: '200-0', lastDeliveredId: '150-0', lag: 4 };

  it.each([
    [
      'is 0 when the last entry was delivered, whatever Redis says',
      { lastDeliveredId: '200-0' },
      { undelivered: 0, source: 'ids' },
    ],
    ['is 0 when the stream is empty', { firstId: undefined, length: 0, lag: null }, { undelivered: 0, source: 'ids' }],
    [
      'is all of them when none was delivered',
      { lastDeliveredId: '0-0', lag: null },
      { undelivered: 10, source: 'ids' },
    ],
    [
      'is all of them when what was delivered is trimmed',
      { lastDeliveredId: '99-5', lag: null },
      { undelivered: 10, source: 'ids' },
    ],
    ['is what Redis says', {}, { undelivered: 4, source: 'lag' }],
    ['is never more than the stream holds', { lag: 99 }, { undelivered: 10, source: 'lag' }],
    ['is not known when Redis lost track', { lag: null }, undefined],
    [
      'compares ids as numbers',
      { lastDeliveredId: '1000-0', lastGeneratedId: '999-0' },
      { undelivered: 0, source: 'ids' },
    ],
  ])('%s', (_sentence, different, expected) => {
    expect(knownUndelivered({ ...state, ...different })).toEqual(expected);
  });
});

describe('lag gauges', () => {
  it('are all declared, and written in seconds', async () => {
    const metrics = new Metrics(['quantum']);
    metrics.declare(RUNTIME, LAG_METRICS);
    const lag = { ageMs: 1500, pending: 2, undelivered: 3, oldestPendingMs: 2500, deadLetters: 4 };
    metrics.apply(lagGauges('heat-gate', lag), 'quantum');
    const text = await metrics.exposition(RUNTIME);
    expect(text.split('\n').filter((line) => line.includes('{'))).toEqual([
      'portcullis_lag_seconds{handler="heat-gate"} 1.5',
      'portcullis_undelivered{handler="heat-gate"} 3',
      'portcullis_pending{handler="heat-gate"} 2',
      'portcullis_oldest_pending_seconds{handler="heat-gate"} 2.5',
      'portcullis_dead_letters{handler="heat-gate"} 4',
    ]);
  });
});

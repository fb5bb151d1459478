import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MetricSpec } from '../../../../handlers/contract/handler.ts';
import { loadHandlers } from '../../../../runtime/engine/host/load-handlers.ts';
import { runtimeMetrics } from '../../../../runtime/engine/host/runtime-metrics.ts';
import { Metrics, RUNTIME } from '../../../../runtime/engine/status/metrics.ts';
import { COMPANIONS } from '../../../../runtime/process/companions.ts';

const handlers = await loadHandlers();
const gauges = [...handlers.flatMap(({ metrics }) => metrics), ...runtimeMetrics(handlers, COMPANIONS)].filter(
  ({ type }) => type === 'gauge',
);

const STATE: MetricSpec = { name: 'heat', type: 'gauge', help: 'of state' };
const BY_SYMBOL: MetricSpec = { name: 'sigma', type: 'gauge', help: 'of state', labels: ['symbol'] };
const KEPT: MetricSpec = { name: 'kill', type: 'gauge', kept: true, help: 'kept' };
const BUILD: MetricSpec = {
  name: 'build',
  type: 'gauge',
  kept: true,
  perProcess: true,
  help: 'x',
  labels: ['version'],
};
const COUNTER: MetricSpec = { name: 'seen_total', type: 'counter', help: 'counts' };
const SPECS = [STATE, BY_SYMBOL, KEPT, BUILD, COUNTER];

function metricsOf(...portfolios: string[]): Metrics {
  const metrics = new Metrics(portfolios);
  metrics.declare(RUNTIME, SPECS);
  return metrics;
}

async function series(metrics: Metrics): Promise<string[]> {
  return (await metrics.exposition()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('which gauges are shown without Redis', () => {
  it('those of the process, and those whose alert must not resolve: a new one is of state unless it says otherwise', () => {
    expect([...new Set(gauges.filter(({ kept }) => kept).map(({ name }) => name))]).toEqual([
      'quantum_govern_kill_switch',
      'quantum_govern_loss_latched',
      'quantum_govern_loss_near',
      'quantum_govern_armed',
      'quantum_govern_trading_state',
      'p27_lag_ms',
      'p27_last_ts_epoch',
      'portcullis_build_info',
      'portcullis_redis_up',
      'portcullis_redis_contact_age_seconds',
      'portcullis_loop_age_seconds',
      'portcullis_lane_held',
    ]);
  });

  it('no state is shown before it was seen; counters and what is kept are 0', async () => {
    expect(await series(metricsOf('quantum'))).toEqual(['kill 0', 'seen_total 0']);
  });

  it('while state cannot be known, its series are absent, never NaN, and come back with the next look', async () => {
    const metrics = metricsOf('quantum');
    let known = true;
    metrics.tell({ portfolio: 'quantum', known: () => known, counts: () => [] });
    const look = () => {
      metrics.apply([{ metric: 'heat', set: 0.3 }], 'quantum');
      metrics.apply([{ metric: 'sigma', labels: { symbol: 'ETHUSDT' }, set: 0.01 }], 'quantum');
    };
    look();
    metrics.apply([{ metric: 'kill', set: 1 }, { metric: 'seen_total' }], 'quantum');
    const whole = ['heat 0.3', 'sigma{symbol="ETHUSDT"} 0.01', 'kill 1', 'seen_total 1'];
    expect(await series(metrics)).toEqual(whole);
    known = false;
    expect(await series(metrics)).toEqual(['kill 1', 'seen_total 1']);
    known = true;
    expect(await series(metrics)).toEqual(['kill 1', 'seen_total 1']);
    look();
    expect(await series(metrics)).toEqual(whole);
  });

  it('of several portfolios only those whose server is away are absent', async () => {
    const metrics = metricsOf('a', 'b');
    for (const portfolio of ['a', 'b']) metrics.apply([{ metric: 'heat', set: 0.3 }], portfolio);
    metrics.tell({ portfolio: 'a', known: () => false, counts: () => [] });
    metrics.tell({ portfolio: 'b', known: () => true, counts: () => [] });
    expect((await series(metrics)).filter((line) => line.startsWith('heat'))).toEqual(['heat{portfolio="b"} 0.3']);
  });
});

it('a gauge that is told to be unknown is absent', async () => {
  const metrics = metricsOf('quantum');
  const labels = { symbol: 'ETHUSDT' };
  metrics.apply([{ metric: 'sigma', labels, set: 0.01 }], 'quantum');
  metrics.apply([{ metric: 'sigma', labels, set: 'unknown' }], 'quantum');
  expect((await series(metrics)).filter((line) => line.startsWith('sigma'))).toEqual([]);
});

it('what is told of the process is asked for at each exposition', async () => {
  const metrics = metricsOf('quantum');
  let age = 0;
  const counts = () => {
    age += 1;
    return [{ metric: 'kill', set: age }];
  };
  metrics.tell({ portfolio: 'quantum', known: () => true, counts });
  expect(await series(metrics)).toContain('kill 1');
  expect(await series(metrics)).toContain('kill 2');
});

it('a family of the whole process has no label of a portfolio', async () => {
  const metrics = metricsOf('a', 'b');
  metrics.apply([{ metric: 'build', labels: { version: '1' }, set: 1 }], 'a');
  expect(await series(metrics)).toContain('build{version="1"} 1');
});

describe('of more portfolios than are labelled', () => {
  const LEAST: MetricSpec = { name: 'up', type: 'gauge', kept: true, acrossPortfolios: 'min', help: 'x' };
  const MOST: MetricSpec = {
    name: 'late',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: 'x',
    labels: ['gate', 'mode'],
  };
  const TOOK: MetricSpec = { name: 'took', type: 'histogram', help: 'x', buckets: [1] };

  function summed(...portfolios: string[]): Metrics {
    const metrics = new Metrics(portfolios, 2);
    metrics.declare(RUNTIME, [...SPECS, LEAST, MOST, TOOK]);
    return metrics;
  }
  const late = (set: number | 'unknown') => [{ metric: 'late', labels: { mode: 'm', gate: 'g' }, set }];

  it('up to that many, each has its own series', async () => {
    const found = await series(summed('a', 'b'));
    expect(found).toContain('up{portfolio="a"} 0');
    expect(found).toContain('seen_total{portfolio="b"} 0');
  });

  it('counters and histograms are sums, gauges the extreme they declare, and the others are absent', async () => {
    const metrics = summed('a', 'b', 'c');
    for (const [at, portfolio] of ['a', 'b', 'c'].entries()) {
      metrics.apply([{ metric: 'seen_total' }, { metric: 'took', observe: at }, { metric: 'heat', set: 1 }], portfolio);
      metrics.apply([{ metric: 'up', set: at + 1 }, ...late(at)], portfolio);
    }
    metrics.apply([{ metric: 'kill', set: 1 }], 'a');
    expect(await series(metrics)).toEqual([
      'seen_total 3',
      'up 1',
      'late{mode="m",gate="g"} 2',
      'took_bucket{le="1"} 2',
      'took_bucket{le="+Inf"} 3',
      'took_sum 3',
      'took_count 3',
    ]);
  });

  it('what is unknown of one is not in the extreme; unknown of all, it is absent', async () => {
    const metrics = summed('a', 'b', 'c');
    for (const [at, portfolio] of ['a', 'b'].entries()) metrics.apply(late(at), portfolio);
    const shown = async () => (await series(metrics)).filter((line) => line.startsWith('late'));
    expect(await shown()).toEqual(['late{mode="m",gate="g"} 1']);
    metrics.apply(late('unknown'), 'b');
    expect(await shown()).toEqual(['late{mode="m",gate="g"} 0']);
    await metrics.forget('a');
    expect(await shown()).toEqual([]);
  });

  it('what a process keeps of each is 0 until it is seen: the least of all says so', async () => {
    const metrics = summed('a', 'b', 'c');
    for (const portfolio of ['a', 'b']) metrics.apply([{ metric: 'up', set: 1 }], portfolio);
    expect(await series(metrics)).toContain('up 0');
    metrics.apply([{ metric: 'up', set: 1 }], 'c');
    expect(await series(metrics)).toContain('up 1');
  });

  it('every gauge that an alert rests on is still there', () => {
    const rules = readFileSync('deploy/prometheus/rules/alerts.yml', 'utf8');
    const left = gauges.filter(({ acrossPortfolios, perProcess }) => !acrossPortfolios && !perProcess);
    expect(left.map(({ name }) => name).filter((name) => new RegExp(`\\b${name}\\b`).test(rules))).toEqual([]);
    expect(left.length).toBeGreaterThan(5);
  });
});

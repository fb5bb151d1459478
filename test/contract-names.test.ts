import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MetricSpec } from '../handlers/contract/handler.ts';
import { loadHandlers } from '../runtime/engine/host/load-handlers.ts';
import { runtimeMetrics } from '../runtime/engine/host/runtime-metrics.ts';
import { laneNames } from '../runtime/engine/lane/identity.ts';
import { COMPANIONS } from '../runtime/process/companions.ts';
import { knownSettings, loadSettings } from '../runtime/settings/load.ts';
import { portfolioOf } from '../runtime/settings/portfolio.ts';
import { streams } from '../schemas/keys.ts';

/** What the page calls by another name, or does not have: the originals' bare ports, and settings of every program, or of every service. */
const BARE_PORTS = ['METRICS_PORT', 'PORT'];
const OF_EVERY_PROGRAM = ['PATH', 'NOTIFY_SOCKET', 'WATCHDOG_USEC'];

const METRIC_HEAD = '| metric | type | labels | meaning |';
const SETTING_HEAD = '| setting | default | meaning |';

const contract = page('contract.md');
const handlers = await loadHandlers();
/** Settings that name what the portfolio's prefix would name otherwise. */
const NAMES: readonly string[] = [
  'STREAM_EVENTS',
  ...handlers.flatMap(({ on: source }) => {
    const { stream, group } = (source.kind === 'stream' && source.overrides) || {};
    return [stream, group].filter((name) => name !== undefined);
  }),
];

function page(name: string): readonly string[] {
  return readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8').split('\n');
}

/** The cells of every row under each line that is this head. */
function rowsUnder(head: string, lines: readonly string[]): string[][] {
  const rows: string[][] = [];
  for (const [at, line] of lines.entries()) {
    if (line !== head) continue;
    for (const row of lines.slice(at + 2)) {
      if (!row.startsWith('|')) break;
      rows.push(
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    }
  }
  return rows;
}

/** The names in backticks, those in brackets left out: `kind` of "`kind` (`by_plan`, `latest_symbol`)". */
function namesIn(cell = ''): string[] {
  return [...cell.replaceAll(/\([^)]*\)/g, '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

function metricsOn(lines: readonly string[]): string[] {
  const rows = rowsUnder(METRIC_HEAD, lines);
  return rows.map(([name, type, labels]) => shown(namesIn(name)[0] ?? '', type ?? '', namesIn(labels))).sort();
}

function metricsOf(specs: readonly MetricSpec[]): string[] {
  return [...new Set(specs.map(({ name, type, labels }) => shown(name, type, labels ?? [])))].sort();
}

function shown(name: string, type: string, labels: readonly string[]): string {
  return `${type} ${name}{${[...labels].sort().join(',')}}`;
}

/** Documented settings with the default that stands there: text without backticks; undefined where words stand instead. */
function settingsOnPage(): [string, string | undefined][] {
  return rowsUnder(SETTING_HEAD, contract).map(([name, cell = '']) => {
    const literal = /^`([^`]*)`$/.exec(cell)?.[1] ?? (/^-?\d+(?:\.\d+)?$/.test(cell) ? cell : undefined);
    return [namesIn(name)[0] ?? '', literal];
  });
}

/** Everything that settings decide, apart from whether they were said. */
function decidedBy(env: Readonly<Record<string, string>>): unknown {
  const { runtime, feeds, handlers: parsed, modes, warnings } = loadSettings(env, handlers);
  const values = [...modes].map(([gate, { value }]) => [gate, value]);
  return { runtime, feeds, handlers: Object.fromEntries(parsed), modes: Object.fromEntries(values), warnings };
}

test('the metrics of the contract are those of the handlers: names, types and labels', () => {
  const own = handlers.flatMap(({ metrics }) => metrics);
  expect(own.length).toBeGreaterThan(30);
  expect(metricsOn(contract)).toEqual(metricsOf(own));
});

test('the metrics of the HTTP page are those of the runtime', () => {
  expect(metricsOn(page('http.md'))).toEqual(metricsOf(runtimeMetrics([], COMPANIONS)));
});

test('the settings of the contract are those that mean something', () => {
  const onPage = settingsOnPage().map(([name]) => name);
  expect(onPage).toEqual([...new Set(onPage)]);
  const known = [...knownSettings(handlers)].filter((name) => !OF_EVERY_PROGRAM.includes(name));
  expect(onPage.toSorted()).toEqual([...known, ...BARE_PORTS].toSorted());
});

const defaults = settingsOnPage().filter(
  (setting): setting is [string, string] => setting[1] !== undefined && !NAMES.includes(setting[0]),
);

test('most settings have a default that can be compared', () => {
  expect(defaults.length).toBeGreaterThan(50);
});

test.each(defaults)('%s is %s when nothing is said', (name, documented) => {
  const besides: Record<string, string> = name.startsWith('REDIS_') ? { REDIS_HOST: '127.0.0.1' } : {};
  expect(decidedBy({ ...besides, [name]: documented })).toEqual(decidedBy(besides));
});

test('the default names of streams and groups are those of the contract', () => {
  const portfolio = portfolioOf('quantum');
  const named = new Map([['STREAM_EVENTS', portfolio.streamKey(streams.governorEvents)]]);
  for (const handler of handlers) {
    if (handler.on.kind !== 'stream') continue;
    const { stream, group } = laneNames(handler, portfolio, 'worker');
    const { stream: streamSetting, group: groupSetting } = handler.on.overrides ?? {};
    if (streamSetting !== undefined) named.set(streamSetting, stream);
    if (groupSetting !== undefined) named.set(groupSetting, group);
  }
  const onPage = settingsOnPage().filter(([name]) => NAMES.includes(name));
  expect(new Map(onPage)).toEqual(named);
});

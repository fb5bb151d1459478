import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TimedReplay } from '../../runtime/desk/replay/index.ts';
import { playMonth } from '../../runtime/doors/demo/play.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { PAPER_STAGE } from '../../runtime/market/player/stage.ts';
import { recordedChecks } from '../../schemas/decision.ts';
import type { Fields } from '../../schemas/wire.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

/** Enough of the month for exits on both sides of both thresholds. */
const HOURS = 410;
const TIGHTER = { HEAT_MIN: '0.3', HEAT_MAX: '0.4' };
const PLAY_TIMEOUT_MS = 300_000;

let redis: TestRedis;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'portcullis-replay-'));
  await writeFile(join(folder, 'policy.json'), JSON.stringify({ 'heat-gate': { settings: TIGHTER } }));
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

/** Plays real candles through running gates, the heat gate in shadow, and exports what was decided. */
async function liveRun(settings: Readonly<Record<string, string>>): Promise<readonly Fields[]> {
  const stage = { ...PAPER_STAGE, settings: { ...PLAY_SETTINGS, ...settings } };
  await playMonth({ connect: () => new Redis(redis.url, { maxRetriesPerRequest: null }), hours: HOURS, stage });
  const { code, out } = await runCli(redis.url, ['export', '--portfolio', 'demo']);
  expect(code).toBe(0);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Fields);
}

async function replayed(...argv: string[]): Promise<TimedReplay> {
  const policy = ['--policy', join(folder, 'policy.json')];
  const { code, out, err } = await runCli(redis.url, ['replay', '--json', ...policy, ...argv], {
    environment: PLAY_SETTINGS,
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as TimedReplay;
}

async function fileOf(name: string, pairs: readonly { readonly before: Fields }[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, pairs.map(({ before }) => `${JSON.stringify(before)}\n`).join(''));
  return path;
}

/** What a decision says: without the limits themselves and the headroom they leave. */
function said({ verdict, reason, checks = '[]' }: Fields): string {
  const found = recordedChecks(checks).map((check) => [check.gate, check.value, check.verdict]);
  return JSON.stringify([verdict, reason, found]);
}

function outcome({ verdict, reason }: Fields): string {
  return `${verdict} ${reason}`;
}

/** What a decision is about, the same in every run. */
function nameOf({ handler, plan_id, source_id }: Fields): string {
  return `${handler} ${plan_id} ${source_id}`;
}

function counted(names: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name ?? ''] = (counts[name ?? ''] ?? 0) + 1;
  return counts;
}

test(
  'what a replay says of a tighter limit is what a run under that limit decides, decision by decision',
  async () => {
    const loose = await liveRun({});
    const foretold = await replayed('--portfolio', 'demo');
    const tight = await liveRun(TIGHTER);
    const byName = new Map(tight.map((fields) => [nameOf(fields), fields]));
    const pairs = loose.map((before) => ({ before, after: byName.get(nameOf(before)) ?? {} }));
    const changed = pairs.filter(({ before, after }) => said(before) !== said(after));
    const same = pairs.filter(({ before, after }) => said(before) === said(after));

    expect(byName.size).toBe(loose.length);
    expect(tight).toHaveLength(loose.length);
    expect(new Set(changed.map(({ before }) => before.handler))).toEqual(new Set(['heat-gate']));
    expect(changed.some(({ before, after }) => before.verdict === 'DOWNGRADE' && after.verdict === 'PASS')).toBe(true);
    expect(foretold).toMatchObject({ decisions: loose.length, changed: changed.length });
    expect(Object.fromEntries(foretold.changes.map(({ from, to, count }) => [`${from} → ${to}`, count]))).toEqual(
      counted(changed.map(({ before, after }) => `${outcome(before)} → ${outcome(after)}`)),
    );
    expect(Object.fromEntries(changedOf(foretold.symbols))).toEqual(
      counted(changed.map(({ before }) => before.symbol)),
    );
    const none = await replayed('--file', await fileOf('same.jsonl', same));
    expect(none).toMatchObject({ decisions: same.length, changed: 0 });
    const all = await replayed('--file', await fileOf('changed.jsonl', changed));
    expect(all).toMatchObject({ decisions: changed.length, changed: changed.length });
  },
  PLAY_TIMEOUT_MS,
);

function changedOf(counts: TimedReplay['symbols']): readonly (readonly [string, number])[] {
  return counts.filter(({ changed }) => changed > 0).map(({ name, changed }) => [name, changed]);
}

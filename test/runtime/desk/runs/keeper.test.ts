import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileDecisions } from '../../../../runtime/desk/decisions/decision-file.ts';
import type { LoggedDecision } from '../../../../runtime/desk/decisions/decisions.ts';
import { fileDigest } from '../../../../runtime/desk/runs/digest.ts';
import { RunKeeper } from '../../../../runtime/desk/runs/keeper.ts';
import { openRun } from '../../../../runtime/desk/runs/kept.ts';
import { placeOf } from '../../../../runtime/desk/runs/place.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const REPOSITORY = new URL('../../../../', import.meta.url);

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-keeper-'));
});
afterAll(async () => rm(folder, { recursive: true }));

/** A place that is free, in a folder that is not there yet. */
function place(): string {
  count += 1;
  return join(folder, String(count), 'run');
}

const about = { portcullis: '1.2.3', candles: [], strategy: { named: 'demo', stated: {} }, settings: {} };

/** Keeps one play of these pages of decisions. */
async function kept(at: string, pages: readonly (readonly LoggedDecision[])[]): Promise<void> {
  const keeper = await RunKeeper.begin(at);
  const prices = await keeper.file('prices.csv.gz');
  const log = await keeper.file('one.jsonl.gz');
  for (const page of pages) await log.decisions(page);
  const times = { from: '2021-05-01T00:00:00.000Z', to: '2021-06-01T00:00:00.000Z' };
  const play = {
    name: 'one',
    ...(await log.end()),
    decisions: log.lines,
    policy: null,
    modes: {},
    ...times,
    result: {},
  };
  await keeper.keep({ ...about, prices: { ...(await prices.end()), symbols: [] }, plays: [play] }, NOW_MS);
}

const decision = fc.record({
  id: fc.tuple(fc.nat(), fc.nat()).map(([ms, at]) => `${ms}-${at}`),
  fields: fc.dictionary(
    fc.string().filter((name) => !['id', 'facts_entry', '__proto__'].includes(name)),
    fc.string(),
    { noNullPrototype: true },
  ),
});

describe('a run while it is kept', () => {
  test('is read back as it was written, whatever the decisions hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(decision, { maxLength: 20 }), { maxLength: 5 }), async (pages) => {
        const at = place();
        await kept(at, pages);
        const { play, decisions, endMs } = await openRun(at);
        const read: LoggedDecision[] = [];
        for await (const page of fileDecisions(decisions)) read.push(...page.decisions);
        expect(read).toEqual(pages.flat().map(({ id, fields }) => ({ id, fields: { ...fields, id } })));
        expect(play).toMatchObject({ decisions: pages.flat().length, sha256: await fileDigest(decisions) });
        expect(endMs).toBe(Date.UTC(2021, 5, 1));
      }),
      { numRuns: 30 },
    );
  });

  test('names what unfinished runs of its name left, and no others, and takes away its own alone', async () => {
    const at = place();
    const [ended, other] = [await RunKeeper.begin(at), await RunKeeper.begin(`${at}-other`)];
    expect(ended.leftBehind).toEqual([]);
    const next = await RunKeeper.begin(at);
    const left = join(ended.path('.'));
    expect(next.leftBehind.map((folder) => join(folder, '.'))).toEqual([left]);
    await next.discard();
    expect((await RunKeeper.begin(at)).leftBehind).toHaveLength(1);
    await other.discard();
  });

  test('is written a page at a time, and nothing is lost between pages', async () => {
    const at = place();
    const long = Array.from({ length: 40 }, (_, n) => [
      { id: `${n}-0`, fields: { text: String(n % 10).repeat(60_000) } },
    ]);
    await kept(at, long);
    const text = gunzipSync(await readFile(join(at, 'one.jsonl.gz'))).toString('utf8');
    expect(text.trimEnd().split('\n')).toHaveLength(40);
    expect(text.length).toBeGreaterThan(2_400_000);
  });

  test('has another name until all of it is there, and none when it is discarded', async () => {
    const at = place();
    const keeper = await RunKeeper.begin(at);
    await keeper.file('one.jsonl.gz');
    expect(await readdir(join(at, '..'))).toEqual([expect.stringMatching(/^run\.unfinished-/)]);
    await keeper.discard();
    expect(await readdir(join(at, '..'))).toEqual([]);
  });

  test('does not take the place of one that came meanwhile', async () => {
    const at = place();
    const keeper = await RunKeeper.begin(at);
    const prices = { ...(await (await keeper.file('prices.csv.gz')).end()), symbols: [] };
    await mkdir(at);
    await expect(keeper.keep({ ...about, prices, plays: [] }, NOW_MS)).rejects.toThrow('which is there: name another');
    await keeper.discard();
    expect(await readdir(join(at, '..'))).toEqual(['run']);
    expect(await readdir(at)).toEqual([]);
  });

  test('ends with what the system says where its folder is gone', async () => {
    const at = place();
    const keeper = await RunKeeper.begin(at);
    await rm(join(at, '..'), { recursive: true });
    await expect(keeper.file('one.jsonl.gz')).rejects.toThrow(
      /run could not be kept, and nothing of it is left: ENOENT/,
    );
  });

  test('leaves nothing where the disc takes no more of it', async () => {
    const at = place();
    await mkdir(join(at, '..'), { recursive: true });
    // Files may grow to a kilobyte, and whoever writes more is refused as on a full disc.
    const script = `
      import { randomBytes } from 'node:crypto';
      import { RunKeeper } from './runtime/desk/runs/keeper.ts';
      const keeper = await RunKeeper.begin(${JSON.stringify(at)});
      const log = await keeper.file('one.jsonl.gz');
      const write = async () => {
        await log.write([randomBytes(100_000).toString('hex') + '\\n']);
        await log.end();
      };
      await keeper.guarded(write).catch((error) => console.log(error.message));
      await keeper.discard();`;
    const limited = 'trap "" XFSZ; ulimit -f 1; exec "$0" --import tsx --input-type=module -e "$1"';
    const argv = ['-c', limited, process.execPath, script];
    const { stdout } = await promisify(execFile)('bash', argv, {
      cwd: REPOSITORY,
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    });
    expect(stdout).toMatch(/run could not be kept, and nothing of it is left: EFBIG/);
    expect(await readdir(join(at, '..'))).toEqual([]);
  });
});

test('a run without a folder in its name is in runs/', () => {
  expect(placeOf('may')).toBe(join('runs', 'may'));
  expect(placeOf('./may')).toBe('./may');
  expect(placeOf('runs/may')).toBe('runs/may');
  expect(placeOf('/tmp/may')).toBe('/tmp/may');
});

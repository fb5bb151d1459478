import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOG } from '../support/facts-rig.ts';
import { type Entry, edited, SealRig } from '../support/seal-rig.ts';

let rig: SealRig;
beforeEach(async () => {
  rig = await SealRig.start();
});
afterEach(async () => rig.stop());

test('a log that was ahead of the clock stays sealed when it is taken back, and what follows is sealed too', async () => {
  const ahead = (id: string) => `${Number(id.split('-')[0]) + 86_400_000}-${id.split('-')[1]}`;
  await rig.decide(24);
  const log = await rig.log();
  await rig.rewrite(
    LOG,
    log.map(([id, flat]) => [ahead(id), flat]),
  );
  await rig.seal();
  await rig.rewrite(
    LOG,
    log.map(([id, flat]) => [id, [...flat, 'repaired_from', ahead(id)]]),
  );
  expect(await rig.run(['verify'])).toMatchObject({ code: 0 });
  await rig.decide(16);
  await rig.seal();
  expect((await rig.sealed()).map(({ seal: number, count }) => `${number} ${count}`)).toEqual([
    '1 10',
    '2 10',
    '3 4',
    '4 10',
  ]);
  const { code, out } = await rig.run(['verify']);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('40 decisions, 4 seals, 6 not') });
});

test('a repair in the middle of a range stays whole once the clock has come to where it was ahead, also in exports', async () => {
  const start = Date.now() - 300_000;
  const at = (ms: number) => `${start + ms}-0`;
  await rig.decide(47);
  const flats = (await rig.log()).map(([, flat]) => flat);
  const sound = flats.slice(0, 5).map((flat, place): Entry => [at(place), flat]);
  const ahead = flats.slice(5, 15);
  await rig.rewrite(LOG, [...sound, ...ahead.map((flat, place): Entry => [at(1_000 + place), flat])]);
  await rig.seal();
  const moved = ahead.map((flat, place): Entry => [at(100 + place), [...flat, 'repaired_from', at(1_000 + place)]]);
  const after = flats.slice(15, 27).map((flat, place): Entry => [at(200 + place), flat]);
  await rig.rewrite(LOG, [...sound, ...moved, ...after]);
  expect(await rig.run(['verify'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('27 decisions, 1 seal, 17 not'),
  });
  await rig.seal();
  const later = flats.slice(27).map((flat, place): Entry => [at(1_002 + place), flat]);
  await rig.rewrite(LOG, [...sound, ...moved, ...after, ...later]);
  await rig.seal({ decisions: 10, afterMs: 0 });

  const { code, out } = await rig.run(['verify']);
  expect(out).toMatch(/^Whole: 47 decisions, 6 seals, 0 not sealed yet\.\nMoved: 10 decisions/);
  expect(code).toBe(0);
  const file = join(rig.folder, 'moved.jsonl');
  // Whole ranges around what is asked for: all, only what was moved, and only what came later.
  for (const [since, until, count] of [
    [0, 9_999, 47],
    [100, 109, 15],
    [1_004, 9_999, 47],
  ] as const) {
    const span = [since, until].map((ms) => new Date(start + ms).toISOString());
    await writeFile(
      file,
      (await rig.run(['export', '--seal', '--since', span[0] ?? '', '--until', span[1] ?? ''])).out,
    );
    expect((await rig.run(['verify', file])).out).toMatch(new RegExp(`^Whole: ${count} decisions`));
  }
  await rig.rewrite(LOG, [...sound, ...moved.slice(1), ...after, ...later]);
  expect(await rig.run(['verify'])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/seal 1 .*: 1 of 10 decisions are gone/),
  });
});

test('a log that was written anew behind its seals is not sealed as if it had been so, and what follows is', async () => {
  await rig.decide(20);
  await rig.seal();
  const log = await rig.log();
  const back = ([id, flat]: Entry): Entry => [`${Number(id.split('-')[0]) - 60_000}-${id.split('-')[1]}`, flat];
  await rig.rewrite(LOG, log.map(edited).map(back));
  await rig.seal();
  expect(rig.warnings).toEqual([expect.stringMatching(/ends at .*, before the newest sealed decision .*written anew/)]);
  expect(await rig.sealed()).toHaveLength(2);
  expect(await rig.run(['verify'])).toMatchObject({ code: 1 });
  await rig.decide(10);
  await rig.seal();
  expect((await rig.sealed()).at(-1)).toMatchObject({ seal: '3', count: '10' });
});

test('a decision that is said to have been moved forward by a repair is named', async () => {
  await rig.decide(20);
  await rig.seal();
  const log = await rig.log();
  const [id, flat] = log.at(-1) as Entry;
  const later = `${Number(id.split('-')[0]) + 60_000}-0`;
  await rig.rewrite(LOG, log.with(-1, [later, [...flat, 'repaired_from', id]]));
  expect(await rig.run(['verify'])).toMatchObject({
    code: 1,
    out: expect.stringContaining(`${later} says that a repair moved it forward`),
  });
});

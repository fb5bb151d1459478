import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const SLOW_MODULE = new URL('../../../../runtime/doors/cli/slow-module.ts', import.meta.url).href;

/** A process that asks a strategy about two hours, the second time one that does `what`. */
function asking(what: string) {
  const program = `const { toldWhenSlow } = await import(${JSON.stringify(SLOW_MODULE)});
    let hours = 0;
    const own = toldWhenSlow('mine.mjs', 50)({ propose: () => { if (++hours === 1) return []; ${what} } });
    setInterval(() => undefined, 1000).unref();
    await own.propose({}); await own.propose({}); process.stdout.write('done');`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
}

const SAID = /^\nportcullis: mine\.mjs has thought for over 0\.05 s about one hour \(Ctrl-\\ ends the play\)\n$/;

test.each([
  ['never gives the turn back', 'for (;;) ;'],
  ['never answers', 'const kept = setInterval(() => undefined, 1000); return new Promise(() => undefined);'],
])('a module that %s is named, once', async (_what, does) => {
  const child = asking(does);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += String(chunk);
    if (SAID.test(said)) child.kill('SIGKILL');
  });
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
  expect(said).toMatch(SAID);
});

test('a module that answers is not, and what watches keeps no process', async () => {
  const child = asking('return [];');
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
  }
  const [code] = await once(child, 'close');
  expect([code, said]).toEqual([0, 'done']);
});

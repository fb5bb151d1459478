import { spawnSync } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeLog } from '../../../runtime/settings/log.ts';

const LOG = fileURLToPath(new URL('../../../runtime/settings/log.ts', import.meta.url));

function textsOf(written: string): string[] {
  const lines = written.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

test('lines of one turn of the event loop are one write, in order', async () => {
  const writes: string[] = [];
  const log = makeLog('info', { write: (text) => writes.push(text) });
  log.info('first');
  log.child({ handler: 'heat-gate' }).warn('second');
  await Promise.resolve();
  log.info('third');
  await nextTurn();
  log.info('fourth');
  await nextTurn();
  expect(writes.map(textsOf)).toEqual([['first', 'second', 'third'], ['fourth']]);
});

test('a person at a terminal reads the same lines in words', async () => {
  const writes: string[] = [];
  const log = makeLog('info', { isTTY: true, write: (text) => writes.push(text) });
  log.info('first');
  log.child({ handler: 'heat-gate' }).warn('second');
  log.child({ portfolio: 'asia' }).child({ handler: 'governor' }).info('third');
  log.warn({ source_id: '1-0', reason: 'too old' }, 'dead letter 1-0');
  log.error({ err: new Error('no such file'), method: 'GET' }, 'request failed');
  log.error({ err: new Error('no such file'), ledger: { seq: 3 } }, 'anchor: no such file');
  log.info({ name: '\u001b[2Janna' }, 'signed in\r\nforged');
  await nextTurn();
  expect(
    writes
      .join('')
      .replace(/[\d:.]{12} \[/g, '[')
      .split('\n'),
  ).toEqual([
    '[INFO] first',
    '[WARN] heat-gate: second',
    '[INFO] asia governor: third',
    '[WARN] dead letter 1-0 (reason too old)',
    '[ERROR] request failed (no such file, method GET)',
    '[ERROR] anchor: no such file',
    '[INFO] signed in\u{fffd}\u{fffd}forged (name \u{fffd}[2Janna)',
    '',
  ]);
});

test.each([
  ['process.exit(3)', 3],
  ['throw new Error("defect")', 1],
])('a process that ends with %s has written what it logged before', (end, code) => {
  const program = `import { makeLog } from ${JSON.stringify(LOG)}; makeLog('info', process.stdout).info('last words'); ${end};`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program];
  const ended = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(textsOf(ended.stdout)).toEqual(['last words']);
  expect(ended.status).toBe(code);
});

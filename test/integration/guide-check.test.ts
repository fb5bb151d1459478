import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesOfGuide, run, treeOfGuide } from '../support/guide.ts';

/** All that `npm run check` does, on a machine that is busy with others. */
const WHOLE_MS = 900_000;
let tree: string;

beforeAll(async () => {
  tree = await treeOfGuide();
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

async function npm(...script: string[]): Promise<void> {
  try {
    await run('npm', ['run', '--silent', ...script], { cwd: tree, maxBuffer: 64e6 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`npm run ${script.join(' ')}:\n${stdout.slice(-8_000)}\n${stderr.slice(-2_000)}`);
  }
}

function page(name: string): string {
  return readFileSync(join(tree, 'docs', name), 'utf8');
}

test('the guide has the two files of a gate and its test', () => {
  expect([...filesOfGuide().keys()]).toEqual([
    'schemas/drawdown-gate.ts',
    'handlers/drawdown-gate.ts',
    'test/handlers/drawdown-gate.test.ts',
  ]);
});

test('with these, one npm run docs makes npm run check green', { timeout: WHOLE_MS }, async () => {
  expect(page('contract.md')).not.toContain('### drawdown-gate');
  await npm('docs');
  expect(page('contract.md')).toMatch(/^\| `DRAWDOWN_MAX_PCT` \| 10 \| drawdown in percent .+\|$/m);
  expect(page('contract.md')).toMatch(
    /^\| `drawdown_denied_total` \| counter \| `reason` \(.+\) \| Entries denied \|$/m,
  );
  expect(page('openapi.json')).toContain('"drawdown-gate"');
  expect(JSON.parse(page('asyncapi.json')).channels).toMatchObject({
    entry_proposal: { address: '{prefix}:stream:entry.proposal' },
    entry_judged: { address: '{prefix}:stream:entry.judged' },
  });
  const board = readFileSync(join(tree, 'deploy/grafana/drawdown-gate.json'), 'utf8');
  expect(board).toContain('sum by (reason) (rate(drawdown_denied_total{');
  await npm('check');
});

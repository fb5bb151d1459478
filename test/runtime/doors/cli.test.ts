import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { moment, table } from '../../../runtime/doors/cli/output.ts';
import { span } from '../../../schemas/amount-text.ts';
import { printable } from '../../../schemas/printable.ts';
import { runCli } from '../../support/cli.ts';

/** Nothing listens there: a command that gets as far as Redis ends with 69. */
const NOWHERE = 'redis://127.0.0.1:1';

test.each([
  { argv: [], says: 'Usage: portcullis' },
  { argv: ['kil', 'on'], says: 'Did you mean kill' },
  { argv: ['kill'], says: 'Usage: portcullis kill' },
  { argv: ['kill', 'maybe'], says: "unknown command 'maybe'" },
  { argv: ['kill', 'on', '--reasn', 'x'], says: "unknown option '--reasn'" },
  { argv: ['kill', 'on', 'now'], says: 'too many arguments' },
  { argv: ['kill', 'on', '--reason', ' '], says: 'expected some text, got none' },
  { argv: ['kill', 'on', '--reason', 'two\nlines'], says: 'got control characters' },
  { argv: ['kill', 'on', '--reason', 'x'.repeat(501)], says: 'at most 500 characters, got 501' },
  { argv: ['kill', 'off', '--yes'], says: "required option '--reason <text>'" },
  { argv: ['kill', 'off', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['arm', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['disarm'], says: "required option '--reason <text>'" },
  { argv: ['state', 'PAUSED', '--reason', 'x'], says: 'Allowed choices are ACTIVE, REDUCING, HALTED' },
  { argv: ['state', 'ACTIVE', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['mode', 'heat-bridge', 'shadow', '--reason', 'x'], says: 'heat-bridge has no mode' },
  { argv: ['mode', 'heat-gate', 'production', '--reason', 'x'], says: 'one of shadow, enforce, got "production"' },
  { argv: ['mode', 'heat-gate', 'enforce', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['mode', 'governor', 'production', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['positions', 'clear', 'BTCUSDT', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['positions', 'clear', '--reason', 'x'], says: "missing required argument 'symbol'" },
  { argv: ['dlq', 'replay', '5-0', '--reason', 'x'], says: 'Expected --yes' },
  { argv: ['status', '--decisions', 'many'], says: 'expected a whole number from 0 to 1000, got "many"' },
  { argv: ['kill', 'on', '--portfolio', 'a b'], says: 'expected letters, digits' },
  { argv: ['explain', ''], says: 'expected the id of a plan, got none' },
  { argv: ['ledger', '--head', '0f6c'], says: 'expected the 40 or 64 hex digits that were printed, got "0f6c"' },
  { argv: ['report', 'heat-gate', '--html', '/none/heat.html'], says: '--html /none/heat.html: no such file' },
  { argv: ['prove', '--report', '/none/proof.md'], says: '--report /none/proof.md: no such file' },
])('$argv is used wrongly: exit code 2, told on standard error', async ({ argv, says }) => {
  const { code, out, err } = await runCli(NOWHERE, argv);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(says);
});

test.each([
  [['kill', 'on']],
  [['kill', 'on', '--yes']],
  [['disarm', '--reason', 'x']],
  [['mode', 'heat-gate', 'shadow', '--reason', 'x']],
  [['mode', 'governor', 'testnet', '--reason', 'x']],
  [['state', 'HALTED', '--reason', 'x']],
  [['kill', 'off', '--reason', 'x', '--yes']],
])('%j asks nothing, and without Redis ends with 69 and what to do', async (argv) => {
  const { code, out, err } = await runCli(NOWHERE, argv);
  expect({ code, out }).toEqual({ code: 69, out: '' });
  expect(err).toMatch(/^portcullis: expected a Redis at redis:\/\/127\.0\.0\.1:1, got .*REDIS_URL/);
});

test.each(['no', '', 'yep', 'n'])('at a terminal, %j to a question changes nothing', async (answer) => {
  const { code, err } = await runCli(NOWHERE, ['kill', 'off', '--reason', 'x'], { answer });
  expect(code).toBe(2);
  expect(err).toContain('Release the kill switch? Plans can get permits again at once. [y/N]');
  expect(err).toContain('nothing was changed');
});

test.each(['y', 'Y', 'yes', ' YES '])('at a terminal, %j goes on', async (answer) => {
  expect((await runCli(NOWHERE, ['kill', 'off', '--reason', 'x'], { answer })).code).toBe(69);
});

test('a wrong setting that has nothing to do with Redis does not keep the kill switch from being set', async () => {
  const environment = { HEAT_MIN: 'high', HTTP_PORT: 'none', GATES: 'no-such-gate' };
  expect((await runCli(NOWHERE, ['kill', 'on'], { environment })).code).toBe(69);
});

test.each([
  [['--help'], 'Exit codes'],
  [['kill', 'on', '--help'], '$ portcullis kill on'],
  [['mode', '--help'], '$ portcullis mode heat-gate enforce'],
  [['dlq', 'replay', '--help'], '$ portcullis dlq replay'],
  [['dlq', 'drop', '--help'], '$ portcullis dlq drop'],
  [['tail', '--help'], '--gate <name>'],
  [['help', 'doctor'], 'Exits with 1 when something is broken'],
])('%j teaches, on standard output, with exit code 0', async (argv, says) => {
  const { code, out, err } = await runCli(NOWHERE, argv);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(says);
});

test('a dry-run governor beside a trading executor is refused', async () => {
  const argv = ['mode', 'governor', 'dry_run', '--reason', 'x'];
  const { code, err } = await runCli(NOWHERE, argv, { environment: { APPLY_MODE: 'testnet # for now' } });
  expect(code).toBe(2);
  expect(err).toContain('got APPLY_MODE=testnet');
  expect((await runCli(NOWHERE, argv, { environment: { APPLY_MODE: 'dry_run' } })).code).toBe(69);
});

test('a table has no colour, no lines and no blanks at the ends', () => {
  expect(table(['A', 'LONGER'], [['value', 'x']])).toBe('A      LONGER\nvalue  x\n');
});

test('text from the wire cannot move the cursor', () => {
  expect(printable('a\u001b[2Jb\nc')).toBe('a\u{fffd}[2Jb\u{fffd}c');
});

test.each([
  [0, '0 s'],
  [99.4, '99 s'],
  [100, '2 min'],
  [7_200, '2 h'],
  [172_800, '2 d'],
  [63_115_199, '730 d'],
  [63_115_200, '2 years'],
  [172_840_632, '5 years'],
])('%d seconds are %s', (seconds, text) => {
  expect(span(seconds)).toBe(text);
});

test.each([
  ['1700000000', '2023-11-14 22:13:20 UTC'],
  ['', ''],
  ['soon', ''],
])('the moment %j is %j', (seconds, text) => {
  expect(moment(seconds)).toBe(text);
});

test.each(['--version', '-V'])('%s prints the version of the package, and nothing else', async (option) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(await runCli(NOWHERE, [option])).toMatchObject({ code: 0, out: `${version}\n`, err: '' });
});

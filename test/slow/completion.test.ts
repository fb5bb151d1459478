import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { until } from '../support/redis.ts';
import { openTerminal } from '../support/terminal.ts';

/** How each shell is started without anybody's settings, and told of the script; what is typed runs `portcullis`, which notes it. */
const SHELLS = {
  bash: {
    start: 'bash --norc --noprofile -i',
    setUp: (script: string, noted: string) =>
      `PS1='ready> '; portcullis() { printf '%s\\n' "$*" >> ${noted}; }; source ${script}`,
  },
  zsh: {
    start: 'zsh -f -i',
    setUp: (script: string, noted: string) =>
      `PS1='ready> '; portcullis() { print -r -- "$*" >> ${noted}; }; autoload -Uz compinit; compinit -u -D; source ${script}`,
  },
  fish: {
    start: 'fish --no-config -i',
    setUp: (script: string, noted: string) =>
      `function fish_prompt; echo 'ready> '; end; function portcullis; echo "$argv" >> ${noted}; end; source ${script}`,
  },
} as const;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-completion-'));
  mkdirSync(join(folder, 'a folder'));
  writeFileSync(join(folder, 'candles-of-may.csv'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['bash', 'zsh', 'fish'] as const)('at a terminal, %s', (shell) => {
  it('completes commands, options, their values and paths', async () => {
    const typed: [keys: string, becomes: string][] = [
      ['statu\t', 'status'],
      ['mode gov\tprod\t', 'mode governor production'],
      ['tail --ga\theat-m\t', 'tail --gate heat-monitor'],
      ['dlq list apply.p\t --js\t', 'dlq list apply.plan --json'],
      ['dlq show --stream apply.p\t', 'dlq show --stream apply.plan'],
      ['prove --only P2.6 late\t --rep\tcand\t', 'prove --only P2.6 latency --report candles-of-may.csv'],
      ['verify cand\t', 'verify candles-of-may.csv'],
      ['replay --candles a\\ fo\t --strategy mom\t', 'replay --candles a folder --strategy momentum'],
    ];
    expect(
      await completed(
        shell,
        typed.map(([keys]) => keys),
      ),
    ).toEqual(typed.map(([, becomes]) => becomes));
  });
});

/** What the command lines came to that were typed at a shell, each ended with Enter once the prompt is there. */
async function completed(shell: keyof typeof SHELLS, keys: readonly string[]): Promise<string[]> {
  execFileSync(shell, ['-c', 'true']);
  const { start, setUp } = SHELLS[shell];
  const [script, noted] = [join(folder, `script.${shell}`), join(folder, `noted.${shell}`)];
  writeFileSync(script, (await runCli('redis://127.0.0.1:1', ['completion', shell])).out);
  writeFileSync(noted, '');
  const own = { TERM: 'xterm', HOME: folder, LANG: 'C.UTF-8' };
  const terminal = openTerminal(start, 200, own, folder);
  terminal.type(`${setUp(script, noted)}\n`);
  const lines = () => readFileSync(noted, 'utf8').split('\n').slice(0, -1);
  for (const [at, line] of keys.entries()) {
    await until(
      `a prompt in ${terminal.text()}`,
      () => terminal.text().split('ready> ').length > at + 1 && lines().length === at,
    );
    terminal.type(`portcullis ${line}\n`);
    await until(`line ${at} (${line}) in ${terminal.text()}`, () => lines().length > at);
  }
  terminal.type('exit\n');
  await terminal.ended;
  return lines().map((line) => line.replace('/ ', ' ').trim());
}

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../support/cli.ts';

const NO_REDIS = 'redis://127.0.0.1:1';

async function script(shell: string): Promise<string> {
  const { code, out } = await runCli(NO_REDIS, ['completion', shell]);
  expect(code).toBe(0);
  return out;
}

/** What bash would offer for the last of these words. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const typed = ['portcullis', ...words].map((word) => `'${word}'`).join(' ');
  const program = `${await script('bash')}\nCOMP_WORDS=(${typed})\nCOMP_CWORD=${words.length}\n_portcullis\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  it('offers commands, their subcommands, options and choices', async () => {
    expect(await offered('sta')).toEqual(expect.arrayContaining(['start', 'status', 'state']));
    expect(await offered('policy', '')).toEqual(expect.arrayContaining(['set', 'show', 'candidate']));
    expect(await offered('policy', 'set', '--ga')).toEqual(['--gate']);
    expect(await offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(await offered('tail', '--portfolio', 'x', '--la')).toEqual(['--last']);
    expect(await offered('no-command', 'sta')).toContain('status');
  });
});

describe('completion in other shells', () => {
  it.each(['zsh', 'fish'])('names every command to %s, each quote closed', async (shell) => {
    const text = await script(shell);
    const { out } = await runCli(NO_REDIS, ['--help']);
    const commands = [...out.matchAll(/^ {2}([a-z-]+)(?: |$)/gm)].map(([, name]) => name ?? '');
    expect(commands.length).toBeGreaterThan(20);
    for (const name of commands.filter((one) => one !== 'help')) expect(text).toContain(`'${name}`);
    expect([...text.replaceAll(`'\\''`, '')].filter((letter) => letter === "'").length % 2).toBe(0);
  });

  it('is refused for a shell it does not know', async () => {
    const { code, err } = await runCli(NO_REDIS, ['completion', 'tcsh']);
    expect([code, err]).toEqual([2, expect.stringContaining('Allowed choices are bash, zsh, fish')]);
  });
});

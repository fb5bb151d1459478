import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../support/cli.ts';

const NO_REDIS = 'redis://127.0.0.1:1';

async function script(shell: string, environment = {}): Promise<string> {
  const { code, out } = await runCli(NO_REDIS, ['completion', shell], { environment });
  expect(code).toBe(0);
  return out;
}

/** What bash would offer for the last of these words. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  return offeredBy(await script('bash'), words);
}

function offeredBy(script: string, words: readonly string[]): readonly string[] {
  const typed = ['portcullis', ...words].map((word) => `'${word}'`).join(' ');
  const program = `${script}\nCOMP_WORDS=(${typed})\nCOMP_CWORD=${words.length}\n_portcullis\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
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

describe('values of options and arguments in bash', () => {
  const refused = /expected a (?:gate|mode|stream) of (?:.*, one of )?(.*), got/;

  it.each([
    { words: ['tail', '--gate'], run: ['tail', '--gate', 'none'] },
    { words: ['evaluate', '--gate'], run: ['evaluate', '--gate', 'none', 'symbol=BTCUSDT'] },
    { words: ['policy', 'show', '--gate'], run: ['policy', 'show', '--gate', 'none'] },
    { words: ['activate'], run: ['activate', 'none', '--check'] },
    { words: ['mode'], run: ['mode', 'none', 'shadow', '--reason', 'x'] },
    { words: ['report'], run: ['report', 'none'] },
  ])('$words: those that the command says it expects', async ({ words, run }) => {
    const { err } = await runCli(NO_REDIS, run);
    const expected = refused.exec(err)?.[1]?.split(/, | or /);
    expect(expected?.length).toBeGreaterThan(1);
    const values = (await offered(...words, '')).filter((word) => !word.startsWith('--'));
    expect(values).toEqual(expected);
  });

  it.each([
    [
      ['exchange', '--pace', ''],
      ['1m', '1h'],
    ],
    [
      ['replay', '--choose-by', ''],
      ['gain', 'drawdown', 'ratio'],
    ],
    [['mode', 'governor', 'pro'], ['production']],
    [['mode', '--reason', 'heat-gate', 'heat-gate', 's'], ['shadow']],
    [['mode', 'heat-gate', 'pro'], []],
    [['policy', 'candidate', '--mode', 'enf'], ['enforce']],
    [['policy', 'set', '--unset', 'HEAT_MIN', 'HEAT_MI'], ['HEAT_MIN']],
    [
      ['prove', '--only', 'P2.6', 'P3', '--only', 'P2.'],
      ['P2.6', 'P2.7', 'P2.8'],
    ],
    [['prove', '--only', 'P2.6', '--rep'], ['--report']],
    [['dlq', 'replay', '--stream', 'apply.p'], ['apply.plan']],
    [['streams', 'repair', 'harvest.proposal.'], ['harvest.proposal.dlq']],
    [['streams', 'rejudge', 'harvest.pro'], ['harvest.proposal']],
    [['tail', '--gate', '=', 'heat-m'], ['heat-monitor']],
    [['tail', '--symbol', ''], []],
    [['status', '--portfolio', ''], ['quantum']],
  ])('%j: %j', async (words, values) => {
    expect(await offered(...words)).toEqual(values);
  });

  it('are the portfolios of these settings', async () => {
    const own = await script('bash', { PORTFOLIOS: 'quantum,asia' });
    expect(offeredBy(own, ['kill', 'on', '--portfolio', ''])).toEqual(['quantum', 'asia']);
  });

  it('are files and folders where a path is meant, beside names where both are', async () => {
    expect(await offered('verify', 'package.j')).toEqual(['package.json']);
    expect(await offered('report', '--html', 'READ')).toEqual(['README.md']);
    expect(await offered('replay', '--candles', 'docs', 'handl')).toEqual(['handlers']);
    expect(await offered('replay', '--strategy', 'd')).toEqual(expect.arrayContaining(['demo', 'docs', 'deploy']));
    expect(await offered('explain', '--run', 'sch')).toEqual(['schemas']);
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

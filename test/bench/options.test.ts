import { describe, expect, it } from 'vitest';
import { readOptions, USAGE } from './options.ts';
import { partNames, quickParts } from './parts.ts';
import { progress } from './progress.ts';
import { gateNames } from './workloads/index.ts';

describe('options', () => {
  it('without any everything is measured, as a table', () => {
    expect(readOptions([])).toEqual({
      ...{ help: false, quick: false, form: 'table', aof: 'off', rounds: 5, seconds: 1.2, positions: 47 },
      ...{ gates: gateNames, parts: partNames, messages: 1_000_000 },
    });
  });

  it.each([
    [['--quick', '--json'], { quick: true, form: 'json', rounds: 3, parts: quickParts }],
    [['--markdown'], { form: 'markdown' }],
    [['--only', 'memory,latency'], { parts: ['latency', 'memory'] }],
    [['--only', 'memory', '--only', 'latency', '--only', 'memory'], { parts: ['latency', 'memory'] }],
    [['--quick', '--only', 'workers'], { quick: true, parts: ['workers'] }],
    [['--gate', 'governor, heat-gate'], { gates: ['heat-gate', 'governor'] }],
    [['--rounds', '9', '--seconds', '0.1', '--positions', '10000'], { rounds: 9, seconds: 0.1, positions: 10_000 }],
    [['--quick', '--rounds', '1', '--seconds', '2.5'], { rounds: 1, seconds: 2.5 }],
    [['--aof', 'always', '--messages', '5000'], { aof: 'always', messages: 5000 }],
    [['--portfolios', '1, 1000'], { portfolios: [1, 1000] }],
    [['--out', 'a.json', '--compare', 'b.json'], { out: 'a.json', compare: 'b.json' }],
    [['--against', '../old'], { against: '../old', parts: [] }],
    [['--quick', '--against', '../old'], { quick: true, parts: [] }],
    [['--against', '../old', '--only', 'trace'], { against: '../old', parts: ['trace'] }],
    [['-h'], { help: true }],
  ])('%j', (args, expected) => {
    expect(readOptions(args)).toMatchObject(expected);
  });

  it.each([
    [['--fast'], /'--fast'.*expected --help, --quick/],
    [['quick'], /'quick'/],
    [['--only', 'latencies'], /--only: expected throughput, .*memory, got "latencies"/],
    [['--only', 'latency,'], /--only: expected .*, got ""/],
    [['--gate', 'heat'], /--gate: expected heat-gate, .*, got "heat"/],
    [['--portfolios', '50,0'], /--portfolios: expected a whole number from 1 on, got "0"/],
    [['--aof', 'yes'], /--aof: expected off, everysec, always, got "yes"/],
    [['--rounds', '0'], /--rounds: expected a whole number from 1 on, got "0"/],
    [['--positions', '1e4'], /--positions: expected a whole number from 1 on, got "1e4"/],
    [['--seconds', '0.05'], /--seconds: expected seconds from 0.1 on, got "0.05"/],
    [['--seconds', 'NaN'], /--seconds: expected seconds/],
    [['--json', '--markdown'], /expected --json or --markdown, got both/],
    [['--out'], /--out/],
    [['--against'], /--against/],
  ])('%j is refused with what was expected', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  it('the help names every option, part and gate', () => {
    for (const name of [...partNames, ...gateNames]) expect(USAGE).toContain(name);
    for (const name of [
      'only',
      'quick',
      'json',
      'markdown',
      'out',
      'compare',
      'against',
      'aof',
      'rounds',
      'seconds',
      'messages',
    ]) {
      expect(USAGE).toContain(`--${name}`);
    }
  });
});

describe('progress', () => {
  it('says what, how far, and after how long', () => {
    const lines: string[] = [];
    let nowMs = 1000;
    const say = progress(
      (line) => lines.push(line),
      () => nowMs,
    )('memory');
    nowMs = 13_340;
    say('RSS 90 MB', 3, 20);
    expect(lines).toEqual(['   12.3 s  memory 3/20: RSS 90 MB\n']);
  });
});

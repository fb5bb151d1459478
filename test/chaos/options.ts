import { parseArgs } from 'node:util';

/** What to run. */
export interface Options {
  /** Say how it is used, and do nothing else. */
  readonly help: boolean;
  /** Each fault alone, before the mixes. */
  readonly alone: boolean;
  /** Only faults of these names alone; all where none is named. */
  readonly only: readonly string[];
  /** Seeds of the random mixes, in order. */
  readonly seeds: readonly number[];
  /** Three workers, and mixes of the faults that take long too. */
  readonly long: boolean;
  /** How many runs go on at the same time, each on a Redis of its own. */
  readonly jobs: number;
}

/** How it is used. */
export const USAGE =
  'usage: npm run test:chaos -- [--all] [--seed N] [--seeds N] [--only FAULT]… [--long] [--jobs N]\n' +
  '  without any: each fault alone, then the mixes of seeds 1 to 4\n' +
  '  --all: each fault alone, then the mixes that --seed and --seeds say\n' +
  '  --seed N: the mix of that seed alone; with --seeds N as well: N seeds from there on\n' +
  '  --seeds N: the mixes of N seeds in a row, and no fault alone\n' +
  '  --only FAULT: this fault alone, and no mix\n' +
  '  --long: three workers, and mixes of the faults that take long too\n' +
  '  --jobs N: so many runs at the same time (2)\n' +
  '  --help: this text, and the names of the faults';

const SEEDS = 4;

/** Reads the command line; throws with what was expected and what came. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      all: { type: 'boolean', default: false },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      long: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
    },
  });
  const mixes = values.seed !== undefined || values.seeds !== undefined;
  const first = whole('--seed', values.seed ?? '1');
  const count = whole('--seeds', values.seeds ?? (values.seed === undefined ? String(SEEDS) : '1'));
  const seeds = Array.from({ length: count }, (_, at) => first + at);
  return {
    help: values.help,
    alone: values.all || !mixes,
    only: values.only,
    seeds: values.only.length > 0 && !mixes ? [] : seeds,
    long: values.long,
    jobs: whole('--jobs', values.jobs),
  };
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`${name}: expected a whole number from 1 on, got ${JSON.stringify(text)}`);
}

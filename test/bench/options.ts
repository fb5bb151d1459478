import { parseArgs } from 'node:util';
import { type BenchPart, partNames, parts, quickParts } from './parts.ts';
import { type Aof, aofChoices } from './server.ts';
import { gateNames } from './workloads/index.ts';
import type { GateName } from './workloads/workload.ts';

/** What to measure, how long, and how to say it. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  /** How the result is printed on stdout. */
  readonly form: 'table' | 'json' | 'markdown';
  readonly aof: Aof;
  readonly rounds: number;
  /** Seconds that a round is meant to take. */
  readonly seconds: number;
  readonly positions: number;
  readonly gates: readonly GateName[];
  readonly parts: readonly BenchPart[];
  /** Messages of the part `memory`. */
  readonly messages: number;
  /** Portfolios of the part `idle`, one row for each. */
  readonly portfolios?: readonly number[];
  /** File that the result is saved to, as JSON. */
  readonly out?: string;
  /** File of an earlier result that this one is held against. */
  readonly compare?: string;
  /** Folder of another checkout that this one is measured beside. */
  readonly against?: string;
}

const QUICK = { rounds: '3', seconds: '0.5' };
const FULL = { rounds: '5', seconds: '1.2' };
const SPEC = {
  help: { type: 'boolean', short: 'h', default: false },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true },
  gate: { type: 'string', multiple: true },
  aof: { type: 'string', default: 'off' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  positions: { type: 'string', default: '47' },
  messages: { type: 'string', default: '1000000' },
  portfolios: { type: 'string' },
  out: { type: 'string' },
  compare: { type: 'string' },
  against: { type: 'string' },
} as const;

/** How it is used. */
export const USAGE = `usage: npm run bench -- [options]        (npm run -s bench -- --quick --json: one JSON object and nothing else)

  --quick              ${quickParts.join(', ')} alone, in short rounds: under a minute
  --only PART[,PART]   these parts alone
  --gate GATE[,GATE]   these gates alone: ${gateNames.join(', ')}
  --rounds N           rounds of each comparison (${FULL.rounds}; quick ${QUICK.rounds})
  --seconds S          seconds that a round is meant to take (${FULL.seconds}; quick ${QUICK.seconds})
  --positions N        positions in the book (47)
  --messages N         messages of the part memory (1000000)
  --portfolios N[,N]   portfolios of the part idle (1,10,50,200,1000; quick 1,50)
  --aof MODE           append-only file ${aofChoices.join(', ')}, but in the part aof (off)
  --json, --markdown   one JSON object, or tables in Markdown, instead of tables for a terminal
  --out FILE           saves the result as JSON too
  --compare FILE       holds the result against one that was saved
  --against DIR        the gates of another checkout whose bench is built beside these, rounds in turn;
                       nothing else but the parts of --only

parts:
${partNames.map((part) => `  ${part.padEnd(14)}${parts[part]}`).join('\n')}

Progress goes to stderr. Ctrl-C ends it, and everything it started.
`;

/** Reads the command line; throws with what was expected and what came. */
export function readOptions(args: readonly string[]): Options {
  const values = valuesOf(args);
  if (values.json && values.markdown) throw new Error('expected --json or --markdown, got both');
  const usual = values.quick ? QUICK : FULL;
  const chosen = values.only === undefined ? undefined : listOf('--only', partNames, values.only);
  return {
    help: values.help,
    quick: values.quick,
    form: values.json ? 'json' : values.markdown ? 'markdown' : 'table',
    aof: oneOf('--aof', aofChoices, values.aof),
    rounds: whole('--rounds', values.rounds ?? usual.rounds),
    seconds: seconds('--seconds', values.seconds ?? usual.seconds),
    positions: whole('--positions', values.positions),
    gates: values.gate === undefined ? gateNames : listOf('--gate', gateNames, values.gate),
    parts: chosen ?? (values.against !== undefined ? [] : values.quick ? quickParts : partNames),
    messages: whole('--messages', values.messages),
    ...(values.portfolios === undefined ? {} : { portfolios: numbers('--portfolios', values.portfolios) }),
    ...(values.out === undefined ? {} : { out: values.out }),
    ...(values.compare === undefined ? {} : { compare: values.compare }),
    ...(values.against === undefined ? {} : { against: values.against }),
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: SPEC }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [what = error.message] = error.message.split('. ');
    const names = Object.keys(SPEC).map((name) => `--${name}`);
    throw new Error(`${what}: expected ${names.join(', ')}`);
  }
}

/** The named choices, in their own order, however often and in whatever order they are named. */
function listOf<T extends string>(name: string, choices: readonly T[], texts: readonly string[]): readonly T[] {
  const named = texts.flatMap((text) => text.split(',')).map((text) => oneOf(name, choices, text.trim()));
  return choices.filter((choice) => named.includes(choice));
}

function oneOf<T extends string>(name: string, choices: readonly T[], text: string): T {
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw new Error(`${name}: expected ${choices.join(', ')}, got ${JSON.stringify(text)}`);
  return choice;
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  throw new Error(`${name}: expected a whole number from 1 on, got ${JSON.stringify(text)}`);
}

function numbers(name: string, text: string): readonly number[] {
  return text.split(',').map((one) => whole(name, one.trim()));
}

function seconds(name: string, text: string): number {
  const value = /^\d{1,3}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (value >= 0.1) return value;
  throw new Error(`${name}: expected seconds from 0.1 on, got ${JSON.stringify(text)}`);
}

import { parseArgs } from 'node:util';
import { type Aof, aofChoices } from './server.ts';
import { gateNames } from './workloads/index.ts';
import type { GateName } from './workloads/workload.ts';

/** What to measure, and how long. */
export interface Options {
  /** Only throughput, latency and no growth, in under a minute. */
  readonly quick: boolean;
  /** One JSON object on stdout instead of the table. */
  readonly json: boolean;
  readonly aof: Aof;
  readonly rounds: number;
  readonly positions: number;
  readonly gates: readonly GateName[];
}

/** The line that says how it is used. */
export const USAGE =
  'usage: npm run bench -- [--quick] [--json] [--aof off|everysec|always] [--rounds N] [--positions N] [--gate NAME]…';

/** Reads the command line; throws with what was expected and what came. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      aof: { type: 'string', default: 'off' },
      rounds: { type: 'string' },
      positions: { type: 'string', default: '47' },
      gate: { type: 'string', multiple: true, default: [...gateNames] },
    },
  });
  return {
    quick: values.quick,
    json: values.json,
    aof: oneOf('--aof', aofChoices, values.aof),
    rounds: whole('--rounds', values.rounds ?? (values.quick ? '3' : '5')),
    positions: whole('--positions', values.positions),
    gates: values.gate.map((gate) => oneOf('--gate', gateNames, gate)),
  };
}

function oneOf<T extends string>(name: string, choices: readonly T[], text: string): T {
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw new Error(`${name}: expected ${choices.join(', ')}, got ${JSON.stringify(text)}`);
  return choice;
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`${name}: expected a whole number from 1 on, got ${JSON.stringify(text)}`);
}

import type { Argument, Option } from 'commander';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { namesOf } from '../../desk/decisions/handler-filter.ts';
import { askableOf } from '../../desk/evaluate/index.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { policyGate, policyGates } from '../../engine/policy/policy-gate.ts';
import { streamsOf } from '../../engine/streams/lanes.ts';
import { everyStream } from '../../engine/streams/named.ts';
import type { Environment } from '../../settings/environment.ts';
import { DEFAULT_PREFIX, type Portfolio, portfolioNamed } from '../../settings/portfolio.ts';
import { connectionSettings, lanesIn } from './session.ts';

/** What values are found in: the gates that are installed, and the settings of this process. */
export interface Known {
  readonly handlers: readonly AnyHandler[];
  readonly environment: Environment;
}

/** The values there are, given what was said before: the arguments in front of this one. */
type Values = (known: Known, before: readonly string[]) => readonly string[];

const declared = new WeakMap<Option | Argument, Values>();

/** Gives an option or argument the values it is checked against when the command runs, where only the gates or the settings tell them. */
export function valued<T extends Option | Argument>(one: T, values: Values): T {
  declared.set(one, values);
  return one;
}

/** What an option or argument can be: its choices; and a path, where its placeholder says so (`<file>`, `<name|folder>`). */
export function valuesOf(
  one: Option | Argument,
  known: Known,
  before: readonly string[] = [],
): { readonly words: readonly string[]; readonly paths: boolean } {
  const placeholder = 'flags' in one ? one.flags : one.name();
  return {
    words: one.argChoices ?? declared.get(one)?.(known, before) ?? [],
    paths: /\b(?:file|path|folder)\b/.test(placeholder.replace(/--[a-z-]+/, '')),
  };
}

/** The gates and handlers that a filter may name. */
export const filtered: Values = ({ handlers }) => namesOf(handlers);

/** The gates with modes. */
export const withModes: Values = ({ handlers }) => modalGates(handlers).map(({ gate }) => gate);

/** The modes of the gate that was said before. */
export const modesOfGate: Values = ({ handlers }, [gate]) =>
  modalGates(handlers).find((one) => one.gate === gate)?.modes.values ?? [];

/** The gates whose limits a policy may set. */
export const withPolicy: Values = ({ handlers }) => policyGates(handlers);

/** The limits of all gates. */
export const everyLimit: Values = ({ handlers }) => [
  ...new Set(policyGates(handlers).flatMap((gate) => policyGate(handlers, gate).limits)),
];

/** The modes of all gates that have limits. */
export const everyMode: Values = ({ handlers }) => [
  ...new Set(policyGates(handlers).flatMap((gate) => policyGate(handlers, gate).modes)),
];

/** The gates that give a word on what others ask. */
export const judging: Values = ({ handlers }) => judgesOf(handlers).map(({ gate }) => gate);

/** The gates that can be asked what they would say. */
export const askable: Values = ({ handlers }) => askableOf(handlers).map(({ gate }) => gate);

/** The streams that gates read: those with dead letters. */
export const readStreams: Values = ({ handlers, environment }) => {
  const portfolio = firstPortfolio(environment);
  return streamsOf(lanesIn(environment, portfolio, handlers), portfolio).map(({ name }) => name);
};

/** Every stream of a portfolio. */
export const allStreams: Values = ({ handlers, environment }) => {
  const portfolio = firstPortfolio(environment);
  return everyStream(handlers, lanesIn(environment, portfolio, handlers), portfolio).map(({ name }) => name);
};

/** The portfolios of `PORTFOLIOS`. */
export const portfolios: Values = ({ environment }) => connectionSettings(environment).portfolios;

/** The portfolio that a command is about where none is named. */
function firstPortfolio(environment: Environment): Portfolio {
  const settings = connectionSettings(environment);
  const [prefix = DEFAULT_PREFIX] = settings.portfolios;
  return portfolioNamed(prefix, settings.streamOverrides, settings);
}

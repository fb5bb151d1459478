import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Change } from '../../engine/commit/operation.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { portfolios, valued } from './values.ts';

/** Options of every command that talks to Redis. */
export interface CommonOptions {
  readonly portfolio?: string;
  readonly json?: boolean;
}

/** Options of every command that changes something. */
export interface ChangeOptions extends CommonOptions {
  readonly actor?: string;
  readonly reason?: string;
  readonly yes?: boolean;
}

const MOST_CHARACTERS = 500;

/** Adds `--portfolio`. */
export function withPortfolioOption(command: Command): Command {
  const prefix = new Option('--portfolio <prefix>', 'prefix of the portfolio (default: PORTFOLIOS, else quantum)');
  return command.addOption(valued(prefix, portfolios));
}

/** Adds `--portfolio` and `--json`. */
export function withCommonOptions(command: Command): Command {
  return withPortfolioOption(command).option('--json', 'print JSON');
}

/** Adds `--reason` and `--actor`, both of which the ops ledger keeps, and `--yes`, which every change takes: whoever is in a hurry types it. */
export function withChangeOptions(command: Command, about: { asks: boolean; reasonNeeded?: boolean }): Command {
  const needed = about.reasonNeeded ?? true;
  const why = needed ? 'why (required); kept in the ops ledger' : 'why; kept in the ops ledger';
  const reason = new Option('--reason <text>', why).argParser(plainText);
  withCommonOptions(command).addOption(reason.makeOptionMandatory(needed)).addOption(actorOption());
  const yes = about.asks ? 'do not ask; needed where nobody can be asked' : 'not needed: this is never asked about';
  return command.option('--yes', yes);
}

/** `--actor`: under which name the ops ledger keeps what is done. */
export function actorOption(): Option {
  return new Option('--actor <name>', 'who (default: the user logged in)').argParser(plainText);
}

/** Who changes something and why, as the options say it. */
export function changeOf(io: Io, options: ChangeOptions): Change {
  return { actor: options.actor ?? io.user, reason: options.reason ?? 'none given' };
}

/** Asks before a dangerous change: `--yes` answers, and is needed where there is no terminal to ask on. */
export async function confirm(io: Io, options: ChangeOptions, question: string): Promise<void> {
  if (options.yes === true) return;
  if (!io.interactive) throw usageError(`${question} Expected --yes, because there is no terminal to ask on.`);
  const answer = await io.ask(`${question} [y/N] `);
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw usageError('Not confirmed: nothing was changed.');
}

/** A whole number from `min` to `max` given as an option. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
  };
}

function plainText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('expected some text, got none');
  if (trimmed.length > MOST_CHARACTERS) {
    throw new InvalidArgumentError(`expected at most ${MOST_CHARACTERS} characters, got ${trimmed.length}`);
  }
  if (/\p{Cc}/u.test(trimmed)) throw new InvalidArgumentError('expected one line of text, got control characters');
  return trimmed;
}

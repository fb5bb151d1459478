import type { Command } from 'commander';
import { consoleAddressOf } from '../http/console/address.ts';
import { LINK_LIFE_MS, makeEntryLink } from '../http/console/entry-links.ts';
import { CliError, exitCodes } from './errors.ts';
import type { Io } from './io.ts';
import { actorOption, type ChangeOptions, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';

/** `console`: a new one-time link into the console of a running process, for whoever reaches its Redis. */
export function consoleCommand(program: Command, io: Io): void {
  withCommonOptions(
    program.command('console').description('print a new link into the console: for an operator, once, for ten minutes'),
  )
    .addOption(actorOption())
    .addHelpText(
      'after',
      '\nWhat is changed through it is in the ops ledger under the name of --actor. Whoever has the link is that' +
        '\noperator: hand it on as you would a token.' +
        '\n\nExamples:\n  $ portcullis console\n  $ portcullis console --actor anna --json | jq -r .link',
    )
    .action(async (options: ChangeOptions) => {
      const name = options.actor ?? io.user;
      await withSession(io, options, async ({ redis, portfolio }) => {
        const base = await consoleAddressOf(redis, portfolio);
        if (base === undefined) throw new CliError(exitCodes.failed, nobodyServes(portfolio.prefix));
        const link = await makeEntryLink(redis, portfolio, base, name);
        print(io, options, { link, actor: name, life_sec: LINK_LIFE_MS / 1000 }, linkText);
      });
    });
}

function linkText({ link, actor, life_sec }: { link: string; actor: string; life_sec: number }): string {
  return `${link}\nOpens once, within ${life_sec / 60} minutes, as the operator ${actor}.\n`;
}

function nobodyServes(prefix: string): string {
  return `expected a running process that serves the console over portfolio ${prefix}, got none: npm start, with an HTTP_PORT other than 0`;
}

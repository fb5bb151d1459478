import type { Command } from 'commander';
import { type KillChange, setKill } from '../../desk/switches/kill.ts';
import { type Served, servedNow, unservedText } from '../../desk/switches/workers-now.ts';
import type { Io } from './io.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { print } from './output.ts';
import { type PortfolioConnection, withSession, withSessions } from './session.ts';

interface Switched extends KillChange {
  readonly portfolio: string;
  readonly served: Served | undefined;
}

/** `kill on` and `kill off`: the switch that stops every permit. Turning it on asks nothing and needs no reason. */
export function killCommand(program: Command, io: Io): void {
  const kill = program
    .command('kill')
    .description('the kill switch: no permits while it is on, outstanding ones revoked');
  withChangeOptions(kill.command('on').description('stop everything, at once, on all portfolios or the one named'), {
    asks: false,
    reasonNeeded: false,
  })
    .addHelpText('after', '\nExample:\n  $ portcullis kill on --reason "exchange is down"')
    .action(async (options: ChangeOptions) => switchKill(io, true, options));
  withChangeOptions(kill.command('off').description('let plans be judged again'), { asks: true })
    .addHelpText('after', '\nExample:\n  $ portcullis kill off --reason "exchange is back" --yes')
    .action(async (options: ChangeOptions) => {
      await confirm(io, options, 'Release the kill switch? Plans can get permits again at once.');
      await switchKill(io, false, options);
    });
}

/** Whoever stops everything means everything: without `--portfolio`, `on` is for all of `PORTFOLIOS`, and `off` for one. */
async function switchKill(io: Io, on: boolean, options: ChangeOptions): Promise<void> {
  const flip = async ({ redis, portfolio }: PortfolioConnection) => ({
    portfolio: portfolio.prefix,
    ...(await setKill(redis, portfolio, on, changeOf(io, options))),
    served: await servedNow(redis, portfolio),
  });
  if (!on) return show(io, options, [await withSession(io, options, flip)]);
  const { results, throwFirst } = await withSessions(io, options, flip);
  show(io, options, results);
  throwFirst();
}

function show(io: Io, options: ChangeOptions, changes: readonly Switched[]): void {
  const several = changes.length > 1;
  const said = ({ portfolio, before, after }: Switched) =>
    `Kill switch ${after} (was ${before})${several ? ` on ${portfolio}` : ''}.\n`;
  const told = changes.map(({ served, ...change }) => ({ ...change, workers: served?.workers ?? null }));
  const shown = several ? told : told.map(({ portfolio: _, ...change }) => change)[0];
  print(io, options, shown, () => changes.map(said).join(''));
  if (options.json !== true) for (const { portfolio, served } of changes) io.err(unservedText(portfolio, served));
  if (changes.some(({ recorded }) => !recorded))
    io.err('The switch is set, but the ops ledger could not be written: see `portcullis doctor`.\n');
}

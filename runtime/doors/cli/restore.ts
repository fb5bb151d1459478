import type { Command } from 'commander';
import { holdRestored, type Released, type Restored, releaseRestored } from '../../desk/switches/restore.ts';
import type { Io } from './io.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { moment, print } from './output.ts';
import { withSession, withSessions } from './session.ts';

type Held = Restored & { readonly portfolio: string };

/** `restore` and `restore release`: what stands between data from a backup and the first permit on them. */
export function restoreCommands(program: Command, io: Io): void {
  const restore = program
    .command('restore')
    .description('data came from a backup: nothing gets a permit on them unseen');
  withChangeOptions(
    restore
      .command('hold', { isDefault: true })
      .description('before any worker starts: kill switch on, old plans held'),
    { asks: false, reasonNeeded: false },
  )
    .addHelpText(
      'after',
      '\nTurns the kill switch on, holds every plan sent until now, and deletes permits that the backup held; on all' +
        '\nportfolios or the one named. Run it on the restored Redis before any worker or executor.' +
        '\n\nExample:\n  $ portcullis restore --reason "disk of the primary lost, backup of 14:00"',
    )
    .action(async (options: ChangeOptions) => {
      const { results, throwFirst } = await withSessions(io, options, async ({ redis, portfolio }) => ({
        portfolio: portfolio.prefix,
        ...(await holdRestored(redis, portfolio, changeOf(io, options))),
      }));
      print(io, options, results.length === 1 ? results[0] : results, () => results.map(heldText).join('\n'));
      for (const held of results) if (held.workers.length > 0) io.err(ranAlready(held));
      throwFirst();
    });
  withChangeOptions(restore.command('release').description('let plans from before the restore be judged'), {
    asks: true,
  })
    .addHelpText(
      'after',
      '\nThe kill switch stays as it is: `portcullis kill off` turns it off.' +
        '\n\nExample:\n  $ portcullis restore release --reason "positions compared with the venue" --yes',
    )
    .action(async (options: ChangeOptions) => {
      await confirm(io, options, 'Release plans from before the restore? Some may have had a permit already.');
      await withSession(io, options, async ({ redis, portfolio }) => {
        const released = await releaseRestored(redis, portfolio, changeOf(io, options));
        print(io, options, released, releasedText);
      });
    });
}

function heldText({ portfolio, kill, restored_ms, permits_deleted }: Held): string {
  return (
    `Kill switch on (was ${kill.before}) on ${portfolio}.\n` +
    `Plans sent until ${moment(String(restored_ms / 1000))} get no permit until \`portcullis restore release\`.\n` +
    `${permits_deleted} permits of the backup deleted.\n`
  );
}

function ranAlready({ portfolio, workers }: Held): string {
  return (
    `Workers ran on ${portfolio} already: ${workers.join(', ')}. What they permitted before is out: ` +
    'see `portcullis tail --gate governor --verdict PERMIT --last 20`.\n'
  );
}

function releasedText({ restored_ms: held }: Released): string {
  if (held === '') return 'Nothing was held.\n';
  return `Plans from before ${moment(String(Number(held) / 1000))} are judged like any other. The kill switch is as it was.\n`;
}

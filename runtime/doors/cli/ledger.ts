import { type Command, InvalidArgumentError } from 'commander';
import { counted } from '../../../schemas/figure-text.ts';
import { type Anchors, anchorPath, readAnchors } from '../../desk/ledger/anchors.ts';
import type { LedgerVerdict } from '../../desk/ledger/chain-walk.ts';
import { type LedgerEntry, ledgerEntries } from '../../desk/ledger/entries.ts';
import { verifyLedger } from '../../desk/ledger/ledger.ts';
import { ledgerKeyOf } from '../../desk/seals/ledger-key.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { exitCodes } from './errors.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, wholeNumber, withCommonOptions } from './options.ts';
import { moment, print, table } from './output.ts';
import { connectionSettings, withSession } from './session.ts';

interface LedgerOptions extends CommonOptions {
  readonly last: number;
  readonly since?: MomentOption;
  readonly verify?: boolean;
  readonly head?: string;
  readonly seals?: boolean;
}

/** `ledger`: who changed what, when and why; `--verify` says whether it is as it was written. */
export function ledgerCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(
    program.command('ledger').description('who changed what, when and why; each entry chained to the last'),
  )
    .option('--last <count>', 'how many of the newest', wholeNumber(1, 100_000), 20)
    .option('--since <moment>', 'only from then on: 48h, 7d, or a time', momentOption)
    .option('--seals', 'the seals of the decision log among them')
    .option('--verify', 'walk the whole chain instead; exits with 1 when it is broken')
    .option('--head <hash>', 'with --verify: also that an entry with this hash, noted earlier, is still in it', hashOf)
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis ledger --since 7d\n  $ portcullis ledger --verify' +
        '\n\nWhoever can write to Redis could write a whole new chain. Each process keeps the hash of the newest entry in' +
        '\nits data folder, to which --verify holds the ledger; keep it on another machine too, and give it with --head.',
    )
    .action(async (options: LedgerOptions) =>
      withSession(io, options, async ({ redis, portfolio }) => {
        if (options.verify === true || options.head !== undefined) {
          const anchors = anchorsOf(io, portfolio);
          const verdict = await verifyLedger(redis, portfolio, options.head, anchors);
          print(io, options, verdict, (told) => verdictText(told, anchors));
          if (!verdict.whole) outcome.code = exitCodes.failed;
          return;
        }
        const fromMs = options.since?.(await redisNowMs(redis)) ?? 0;
        const wanted = { fromMs, atMost: options.last, seals: options.seals === true };
        const { entries } = await ledgerEntries(redis, portfolio, wanted);
        print(io, options, entries.toReversed(), entriesText);
      }),
    );
}

/** The heads that processes of this data folder have kept of a portfolio, held to the key where one is set. */
export function anchorsOf(io: Io, portfolio: Pick<Portfolio, 'outputPrefix'>): Anchors {
  const { folder, keyFile } = connectionSettings(io.environment).ledger;
  return readAnchors(anchorPath(folder, portfolio), portfolio, ledgerKeyOf(keyFile));
}

/** A hash that was copied badly would make a whole ledger look broken. */
export function hashOf(text: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return text;
  throw new InvalidArgumentError(`expected the 40 or 64 hex digits that were printed, got ${JSON.stringify(text)}`);
}

function entriesText(entries: readonly LedgerEntry[]): string {
  if (entries.length === 0) return 'No changes.\n';
  return table(
    ['NO.', 'TIME', 'ACTION', 'OF', 'BEFORE', 'AFTER', 'ACTOR', 'REASON'],
    entries.map(({ fields }) => [
      fields.seq ?? '',
      moment(fields.timestamp ?? ''),
      fields.action ?? '',
      [fields.gate ?? '', fields.symbol ?? ''].filter((text) => text !== '').join(' '),
      fields.before ?? '',
      fields.after ?? '',
      fields.actor ?? '',
      fields.reason ?? '',
    ]),
  );
}

function verdictText(verdict: LedgerVerdict, { kept, path }: Anchors): string {
  const { whole, entries, unchained, head, problems } = verdict;
  const before = unchained === 0 ? '' : `, ${unchained} of them from before the chain began`;
  const count = `${counted(entries, 'entry', 'entries')}${before}`;
  const held = kept.length === 0 ? '' : `\nHeld to ${counted(kept.length, 'head', 'heads')} of ${path}`;
  if (whole) return `Whole: ${count}.${head === '' ? '' : `\nHash of the newest: ${head}`}${held}\n`;
  const lines = problems.map(({ id, problem }) => `  ${id === '' ? '' : `${id} `}${problem}\n`);
  return `BROKEN: ${count}.\n${lines.join('')}`;
}

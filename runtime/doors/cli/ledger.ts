import { type Command, InvalidArgumentError } from 'commander';
import { counted } from '../../../schemas/figure-text.ts';
import { type Anchors, anchorPath, readAnchors, readLedgerKey } from '../../desk/ledger/anchors.ts';
import { type LedgerEntry, type LedgerVerdict, ledgerEntries, verifyLedger } from '../../desk/ledger/ledger.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { exitCodes, usageError } from './errors.ts';
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
}

/** `ledger`: who changed what, when and why; `--verify` says whether it is as it was written. */
export function ledgerCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(
    program.command('ledger').description('who changed what, when and why; each entry chained to the last'),
  )
    .option('--last <count>', 'how many of the newest', wholeNumber(1, 100_000), 20)
    .option('--since <moment>', 'only from then on: 48h, 7d, or a time', momentOption)
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
        print(io, options, await ledgerEntries(redis, portfolio, fromMs, options.last), entriesText);
      }),
    );
}

/** The heads that processes of this data folder have kept, held to the key where one is set. */
function anchorsOf(io: Io, portfolio: Portfolio): Anchors {
  const { folder, keyFile } = connectionSettings(io.environment).ledger;
  try {
    const key = keyFile === undefined ? undefined : readLedgerKey(keyFile);
    return readAnchors(anchorPath(folder, portfolio), portfolio, key);
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

/** A hash that was copied badly would make a whole ledger look broken. */
function hashOf(text: string): string {
  if (/^[0-9a-f]{40}$/.test(text)) return text;
  throw new InvalidArgumentError(`expected the 40 hex digits that --verify printed, got ${JSON.stringify(text)}`);
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

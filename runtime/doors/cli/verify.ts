import type { Command } from 'commander';
import { counted } from '../../../schemas/figure-text.ts';
import { type FileVerdict, verifyFile } from '../../desk/seals/file-check.ts';
import type { Kept } from '../../desk/seals/kept.ts';
import { ledgerKeyOf } from '../../desk/seals/ledger-key.ts';
import { type SealVerdict, verifyLog } from '../../desk/seals/log-check.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { loadSettings } from '../../settings/load.ts';
import { exitCodes, usageError } from './errors.ts';
import { fileProblem } from './files.ts';
import type { Io } from './io.ts';
import { anchorsOf, hashOf } from './ledger.ts';
import type { ExitStatus } from './main.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { connectionSettings, withSession } from './session.ts';

interface VerifyOptions extends CommonOptions {
  readonly head?: string;
}

const HELP = `
Every 1,000 decisions, or ten minutes after the first of them, the range is sealed: a Merkle root over it goes into the
ops ledger, each seal with the hash of the one before. A decision that is changed, dropped, added or put elsewhere
afterwards does not fit its seal.

With a FILE that "portcullis export --seal" wrote nothing else is needed, no Redis either: each such decision is named
by its line or id. Without one the log in Redis is held to the seals, range by range; what retention (STREAM_MAX_AGE_DAYS,
STREAM_MAX_LEN: set them as the system has them) took from the front is "trimmed, seal stands".

Whoever changes decisions could make all seals anew. So the newest is kept outside Redis with the head of the ledger
(portcullis ledger --help), and marked with the key of LEDGER_KEY_FILE: set it, and PORTCULLIS_DATA_DIR, as the system
has them, or give --head. The answer says what it was held to. Exits with 1 when anything is not as it was sealed.

Examples:
  $ portcullis export --seal --since 30d > month.jsonl
  $ portcullis verify month.jsonl
  $ LEDGER_KEY_FILE=/etc/portcullis/ledger.key portcullis verify month.jsonl
  $ portcullis verify`;

/** `verify`: whether decisions are as they were sealed, in a file or in Redis. */
export function verifyCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(
    program
      .command('verify')
      .argument('[file]', 'what export --seal wrote, compressed or not; without it: the log in Redis')
      .description('whether decisions are as they were sealed: changed, dropped, added or reordered ones are found'),
  )
    .option('--head <hash>', 'with a file: also that a seal with this hash, noted earlier, is in it', hashOf)
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: VerifyOptions) => {
      const verdict = file === undefined ? await inRedis(io, options) : await inFile(io, file, options);
      if (!verdict.whole) outcome.code = exitCodes.failed;
    });
}

async function inRedis(io: Io, options: VerifyOptions): Promise<SealVerdict> {
  if (options.head !== undefined) throw usageError('expected --head with a file; of the log: ledger --verify --head');
  const { STREAM_MAX_AGE_DAYS, STREAM_MAX_LEN } = io.environment;
  const { streamMaxAgeMs, streamMaxLen } = loadSettings({ STREAM_MAX_AGE_DAYS, STREAM_MAX_LEN }, []).runtime;
  const key = keyOf(io);
  return await withSession(io, options, async ({ redis, portfolio }) => {
    const retention = { maxAgeMs: streamMaxAgeMs, maxLen: streamMaxLen };
    const kept = keptOf(io, portfolio.outputPrefix);
    const verdict = await verifyLog(redis, portfolio, { key, retention, kept, nowMs: await redisNowMs(redis) });
    print(
      io,
      options,
      verdict,
      (told) =>
        `${verdictText(told)}${heldText({ heads: kept.kept.length, key })}The seals themselves: portcullis ledger --verify\n`,
    );
    return verdict;
  });
}

async function inFile(io: Io, file: string, options: VerifyOptions): Promise<FileVerdict> {
  const key = keyOf(io);
  const check = { key, head: options.head, keptOf: (portfolio: string) => keptOf(io, portfolio) };
  const verdict = await verifyFile(file, check).catch((error: unknown) => {
    throw fileProblem('verify', file, error);
  });
  if (!verdict.isSealed) throw usageError(`${file}: expected what export --seal wrote, got nothing with a seal in it`);
  print(
    io,
    options,
    verdict,
    (told) => `${verdictText(told)}${lostText(told)}${heldText({ heads: told.held, key, head: options.head })}`,
  );
  return verdict;
}

/** What processes of this data folder have kept of the seals of a portfolio. */
function keptOf(io: Io, outputPrefix: string): Kept {
  const { kept, problems } = anchorsOf(io, { outputPrefix });
  return { kept: kept.flatMap(({ at, seals }) => (seals === undefined ? [] : [{ at, ...seals }])), problems };
}

function keyOf(io: Io): string | undefined {
  return ledgerKeyOf(connectionSettings(io.environment).ledger.keyFile);
}

function verdictText(verdict: SealVerdict): string {
  const { whole, decisions, unsealed, seals, trimmed, newest, head, moved, unmarked, problems } = verdict;
  const count = `${counted(decisions, 'decision')}, ${counted(seals, 'seal')}, ${unsealed} not sealed yet`;
  const besides =
    (trimmed === 0 ? '' : `Trimmed, seal stands: ${counted(trimmed, 'range')} at the front.\n`) +
    (moved === 0 ? '' : `Moved: ${counted(moved, 'decision')}, to an earlier time, by a repair of a clock ahead.\n`) +
    (unmarked === 0
      ? ''
      : `Without a mark: the first ${counted(unmarked, 'seal')}, made before LEDGER_KEY_FILE was set.\n`);
  const newestSeal = newest === 0 ? '' : `Newest seal: ${newest}, hash ${head}\n`;
  if (whole) return `Whole: ${count}.\n${besides}${newestSeal}`;
  return `BROKEN: ${count}.\n${problems.map((problem) => `  ${problem}\n`).join('')}${besides}`;
}

function lostText({ factless }: FileVerdict): string {
  if (factless === 0) return '';
  return `Without shared facts: ${counted(factless, 'decision')}; they were lost before the export.\n`;
}

/** Without anything from outside, whoever wrote the decisions could have written the seals as well. */
function heldText({ heads, key, head }: { heads: number; key: string | undefined; head?: string | undefined }): string {
  const to = [
    ...(key === undefined ? [] : ['the key of LEDGER_KEY_FILE']),
    ...(heads === 0 ? [] : [`${counted(heads, 'head', 'heads')} of the data folder`]),
    ...(head === undefined ? [] : ['--head']),
  ];
  if (to.length > 0) return `Held to ${to.join(', ')}.\n`;
  return 'Held to nothing but itself: who made all seals anew is not found without LEDGER_KEY_FILE, the heads of PORTCULLIS_DATA_DIR or --head.\n';
}

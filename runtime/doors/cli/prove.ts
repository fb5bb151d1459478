import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { brokenNow } from '../../desk/doctor/broken.ts';
import { prove, sectionNames } from '../../desk/prove/index.ts';
import { markdownOf } from '../../desk/prove/report.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { withoutUnusedFeeds } from '../../settings/load.ts';
import { exitCodes, usageError } from './errors.ts';
import { writable } from './files.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { type CommonOptions, wholeNumber, withCommonOptions } from './options.ts';
import { checkLines, summaryOf } from './prove-text.ts';
import { lanesIn, type PortfolioConnection, withSession } from './session.ts';

const INTERRUPTED = 130;

interface ProveOptions extends CommonOptions {
  readonly only?: readonly string[];
  readonly report?: string;
  readonly destructive?: boolean;
  readonly keep?: boolean;
  readonly maxLatencyMs?: number;
}

const HELP = `
The running workers are asked, by one key with a short life, to serve a scratch portfolio as well, with the code and the
settings they run with; limits and modes are set on it alone. Every check says what was expected and what came. At the
end, at Ctrl-C too, its keys are deleted. Of the real portfolio that one key is written, and nothing else.

Exits with 0 when no check failed, with 1 when one did, with 130 after Ctrl-C.

Examples:
  $ portcullis prove
  $ portcullis prove --only P2.6 P3.2 --report proof.md
  $ portcullis prove --destructive --max-latency-ms 20
  $ portcullis prove --json | jq '.checks[] | select(.verdict == "fail")'`;

/** `prove`: the proof scripts of the original services as one command against the running system. */
export function proveCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(
    program
      .command('prove')
      .description('prove the running system, on a scratch portfolio: every gate, every promise it can show'),
  )
    .addOption(new Option('--only <sections...>', 'only these sections').choices(sectionNames).argParser(sectionOf))
    .option('--report <file>', 'also write the checklist as Markdown')
    .option('--max-latency-ms <ms>', 'fail when 1 of 100 entries takes longer', wholeNumber(1, 60_000))
    .option('--destructive', 'also kill a worker, started for this alone, with work in hand')
    .option('--keep', 'leave the keys of the scratch portfolio, to be looked at')
    .addHelpText('after', HELP)
    .action(async (options: ProveOptions) => {
      if (options.report !== undefined) await writable('--report', options.report);
      outcome.code = await withSession(io, options, (session) => proven(io, options, session));
    });
}

async function proven(io: Io, options: ProveOptions, session: PortfolioConnection): Promise<number> {
  const { only = [], destructive = false, keep = false, maxLatencyMs, json = false } = options;
  if (only.includes('crash') && !destructive)
    throw usageError('--only crash: expected --destructive with it, got none');
  const { redis, portfolio, connect } = session;
  const lines = checkLines();
  const signal = io.ended;
  if (!json) io.out(`Proof of the running system of ${portfolio.prefix}, on a scratch portfolio.\n`);
  const handlers = await loadHandlers();
  const used = withoutUnusedFeeds(io.environment, handlers);
  const known = {
    handlers: used,
    lanes: lanesIn(io.environment, portfolio, used),
    environment: cleanEnvironment(io.environment),
  };
  const result = await prove({
    redis,
    portfolio,
    connect,
    handlers,
    broken: () => brokenNow(redis, portfolio, known),
    only,
    destructive,
    keep,
    maxLatencyMs,
    environment: environmentOf(io, session),
    signal,
    onCheck: (check) => (json ? undefined : io.out(lines(check))),
  });
  io.out(json ? `${JSON.stringify(result, null, 2)}\n` : summaryOf(result, keep));
  if (options.report !== undefined) await writeFile(options.report, markdownOf(result));
  if (result.interrupted) return INTERRUPTED;
  return result.failed === 0 ? exitCodes.done : exitCodes.failed;
}

/** The environment of this command, with the Redis it found: a worker must not start one of its own. */
function environmentOf(io: Io, { redis }: PortfolioConnection): Record<string, string> {
  const given = cleanEnvironment(io.environment);
  const named = ['REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_DB'].some((name) => given[name] !== undefined);
  if (named) return { ...given };
  const { path, host = '127.0.0.1', port } = redis.options;
  return { ...given, REDIS_URL: path ?? `redis://${host}:${port}` };
}

function sectionOf(name: string, before: readonly string[] = []): readonly string[] {
  const found = sectionNames.find((section) => section.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return [...before, found];
  throw new InvalidArgumentError(`expected ${alternatives(sectionNames)}, got ${quoted(name)}`);
}

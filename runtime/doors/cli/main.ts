import { Command, CommanderError } from 'commander';
import { asKnown } from '../../engine/commit/actor-known.ts';
import { watchFaces } from '../../engine/status/faces.ts';
import { errorText, RedisProblem } from '../../redis/problem.ts';
import { SettingsError } from '../../settings/load.ts';
import { accountCommands } from './account.ts';
import { activationCommands } from './activate.ts';
import { compareCommand } from './compare.ts';
import { completionCommand } from './completion.ts';
import { consoleCommand } from './console.ts';
import { deadLetterCommands } from './dlq.ts';
import { doctorCommand } from './doctor.ts';
import { CliError, exitCodes } from './errors.ts';
import { evaluateCommand } from './evaluate.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { type Io, processIo } from './io.ts';
import { killCommand } from './kill.ts';
import { ledgerCommand } from './ledger.ts';
import { lossCommands } from './loss.ts';
import { mcpCommand } from './mcp.ts';
import { modeCommand } from './mode.ts';
import { policyCommands } from './policy.ts';
import { positionCommands } from './positions.ts';
import { proveCommand } from './prove.ts';
import { redisCliCommand } from './redis-cli.ts';
import { replayCommand } from './replay.ts';
import { reportCommand } from './report.ts';
import { restoreCommands } from './restore.ts';
import { riskCommand } from './risk.ts';
import { type Programs, runCommands } from './run.ts';
import { statusCommand } from './status.ts';
import { strategyCommands } from './strategy.ts';
import { streamCommands } from './streams.ts';
import { toned } from './style.ts';
import { tailCommand } from './tail.ts';
import { tradingCommands } from './trading.ts';
import { verifyCommand } from './verify.ts';
import { packageVersion } from './version.ts';

const HELP = `
Examples:
  $ portcullis start                                   everything, on a Redis of its own
  $ REDIS_URL=redis://10.0.0.5:6379 portcullis start   everything, on yours
  $ portcullis status                                  modes, heat, trading state, lag, last decisions
  $ portcullis kill on --reason "exchange is down"     stop every permit
  $ portcullis tail --gate governor --verdict BLOCK    decisions as they are made
  $ portcullis explain 8188151ac8e76b73                what every gate made of a plan, and why

Commands that change something write who and why into the ops ledger.
Exit codes: 0 done, 1 failed, 2 used wrongly, 69 Redis does not answer.`;

/** Runs one command line (without the program's name) and answers with its exit code; never throws for what an operator did. */
export async function runCommandLine(
  argv: readonly string[],
  programs: Programs,
  io: Io = processIo(),
): Promise<number> {
  const outcome = { code: exitCodes.done as number };
  const program = programOf(io, programs, outcome);
  const unwatch = watchFaces((text) => io.err(`portcullis: ${text}\n`));
  try {
    if (argv.length === 0) program.help({ error: true });
    await asKnown(`cli:${process.getuid?.() ?? 'unknown'}`, () => program.parseAsync([...argv], { from: 'user' }));
    return outcome.code;
  } catch (error) {
    return exitCodeOf(io, error);
  } finally {
    unwatch();
  }
}

/** What a command that runs to an end of its own (the system, the demo, the doctor) leaves as exit code. */
export interface ExitStatus {
  code: number;
}

function programOf(io: Io, programs: Programs, outcome: ExitStatus): Command {
  const program = new Command('portcullis')
    .description('Portfolio risk gates for automated trading.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .addHelpText('after', HELP)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(text.replace(/^error:/, (word) => toned('bad', word))),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help tells more)');
  runCommands(program, programs, outcome);
  statusCommand(program, io);
  consoleCommand(program, io);
  killCommand(program, io);
  tradingCommands(program, io);
  modeCommand(program, io);
  activationCommands(program, io, outcome);
  policyCommands(program, io);
  positionCommands(program, io);
  accountCommands(program, io);
  lossCommands(program, io);
  strategyCommands(program, io);
  deadLetterCommands(program, io, outcome);
  streamCommands(program, io);
  tailCommand(program, io);
  explainCommand(program, io, outcome);
  evaluateCommand(program, io);
  exportCommand(program, io);
  replayCommand(program, io, outcome);
  reportCommand(program, io);
  riskCommand(program, io);
  compareCommand(program, io, outcome);
  ledgerCommand(program, io, outcome);
  verifyCommand(program, io, outcome);
  doctorCommand(program, io, outcome);
  restoreCommands(program, io);
  proveCommand(program, io, outcome);
  redisCliCommand(program, io, outcome);
  mcpCommand(program, io);
  completionCommand(program, io);
  return program;
}

function exitCodeOf(io: Io, error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof CliError) return failed(io, error.message, error.code);
  if (error instanceof RedisProblem) return failed(io, error.message, exitCodes.unavailable);
  if (error instanceof SettingsError) return failed(io, error.message, exitCodes.usage);
  return failed(io, errorText(error), exitCodes.failed);
}

function failed(io: Io, message: string, code: number): number {
  io.err(`${toned('bad', 'portcullis:')} ${message}\n`);
  return code;
}

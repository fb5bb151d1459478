import type { Command } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { printable } from '../../../schemas/printable.ts';
import { feedFindings } from '../../desk/doctor/feeds.ts';
import { broken, type Finding, ok, warn } from '../../desk/doctor/findings.ts';
import { policyFindings } from '../../desk/doctor/policies.ts';
import { portfolioFindings } from '../../desk/doctor/portfolio.ts';
import { portFindings } from '../../desk/doctor/ports.ts';
import { redisFindings } from '../../desk/doctor/redis.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { RedisProblem } from '../../redis/problem.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { type LoadedSettings, loadSettings, SettingsError, withoutUnusedFeeds } from '../../settings/load.ts';
import { exitCodes } from './errors.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print, wrapped } from './output.ts';
import { lanesIn, type PortfolioConnection, withSessions } from './session.ts';
import { stated } from './style.ts';

/** As wide as the longest verdict. */
const VERDICT_WIDTH = 'broken'.length;

/** What is judged by: the handlers that exist, and the settings where they can be used. */
interface Known {
  readonly handlers: readonly AnyHandler[];
  readonly settings: LoadedSettings | undefined;
}

/** `doctor`: looks at everything the gates need and says, for each thing that is not well, what to do. */
export function doctorCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(
    program.command('doctor').description('settings, Redis, ports, streams, groups: what is missing or wrong'),
  )
    .addHelpText('after', '\nExits with 1 when something is broken.\n\nExample:\n  $ portcullis doctor')
    .action(async (options: CommonOptions) => {
      const findings = await examine(io, options, await loadHandlers());
      print(io, options, findings, (told) => findingsText(told, io.columns));
      if (findings.some(({ verdict }) => verdict === 'broken')) outcome.code = exitCodes.failed;
    });
}

async function examine(io: Io, options: CommonOptions, handlers: readonly AnyHandler[]): Promise<Finding[]> {
  const { findings, settings } = settingsFindings(io, handlers);
  if (settings !== undefined) {
    const { httpHost, ports } = settings.runtime;
    findings.push(...(await portFindings(httpHost, ports, handlers)));
  }
  return [...findings, ...(await serverFindings(io, options, { handlers, settings }))];
}

function settingsFindings(
  io: Io,
  handlers: readonly AnyHandler[],
): { findings: Finding[]; settings: LoadedSettings | undefined } {
  try {
    const settings = loadSettings(io.environment, handlers);
    const warnings = settings.warnings.map(oddSetting);
    return { findings: warnings.length > 0 ? warnings : [ok('settings', 'all understood')], settings };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const findings = error.problems.map((problem) => broken('settings', problem, 'Correct it: the start refuses it.'));
    return { findings: [...findings, ...error.warnings.map(oddSetting)], settings: undefined };
  }
}

function oddSetting(text: string): Finding {
  return warn('settings', text, 'Correct or remove it.');
}

async function serverFindings(io: Io, options: CommonOptions, known: Known): Promise<Finding[]> {
  const handlers = withoutUnusedFeeds(io.environment, known.handlers);
  try {
    const { results, throwFirst } = await withSessions(io, options, async (session) => ({
      prefix: session.portfolio.prefix,
      server: [ok('redis', session.description), ...(await redisFindings(session.redis))],
      own: await ownFindings(io, session, { ...known, handlers }),
    }));
    throwFirst();
    if (results.length === 1) return results.flatMap(({ server, own }) => [...server, ...own]);
    const named = results.flatMap(({ prefix, own }) =>
      own.map((finding) => ({ ...finding, check: `${prefix} ${finding.check}` })),
    );
    return [...(results[0]?.server ?? []), ...named];
  } catch (error) {
    if (error instanceof RedisProblem)
      return [broken('redis', error.message, 'Nothing else can be looked at without it.')];
    if (error instanceof SettingsError) return [];
    throw error;
  }
}

async function ownFindings(
  io: Io,
  { redis, portfolio }: PortfolioConnection,
  { handlers, settings }: Known,
): Promise<Finding[]> {
  return [
    ...(await portfolioFindings(redis, portfolio, lanesIn(io.environment, portfolio, handlers), handlers)),
    ...(settings === undefined ? [] : await feedFindings(redis, portfolio, settings.feeds)),
    ...(await policyFindings(redis, portfolio, handlers, cleanEnvironment(io.environment))),
  ];
}

function findingsText(findings: readonly Finding[], within?: number): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = VERDICT_WIDTH + width + 4;
  const lines = findings.flatMap(({ check, verdict, found, todo }) => [
    `${stated(verdict.padEnd(VERDICT_WIDTH), verdict)}  ${check.padEnd(width)}  ${wrapped(printable(found), indent, within)}`,
    ...(todo === '' ? [] : [`${' '.repeat(indent)}→ ${wrapped(todo, indent + 2, within)}`]),
  ]);
  const counted = (verdict: Finding['verdict'], words: string) => {
    const count = findings.filter((finding) => finding.verdict === verdict).length;
    return count === 0 ? `${count} ${words}` : stated(`${count} ${words}`, verdict);
  };
  const counts = [counted('broken', 'broken'), counted('warn', 'to know about'), counted('ok', 'well')];
  return `${lines.join('\n')}\n\n${counts.join(', ')}\n`;
}

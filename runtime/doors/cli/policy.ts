import { type Command, Option } from 'commander';
import type { LimitTexts } from '../../../schemas/api/policy.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { LIMITS_EXAMPLE } from '../../../schemas/replay-policy.ts';
import { impactOf } from '../../desk/policy/impact.ts';
import { rollbackPolicy, rollbackTarget } from '../../desk/policy/policy-rollback.ts';
import { policyView, withLimits } from '../../desk/policy/policy-view.ts';
import { putCandidate } from '../../desk/policy/put-candidate.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { changePolicy, environmentOf, plannedChange, readPolicy } from '../../engine/policy/policies.ts';
import {
  nameProblem,
  type PolicyGate,
  policyGate,
  policyGates,
  policyProblems,
} from '../../engine/policy/policy-gate.ts';
import { policyVersions } from '../../engine/policy/policy-history.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import {
  type ChangeOptions,
  type CommonOptions,
  changeOf,
  confirm,
  wholeNumber,
  withChangeOptions,
  withCommonOptions,
} from './options.ts';
import { print } from './output.ts';
import { type Assignment, assignments, limitsOfFile } from './policy-file.ts';
import {
  candidateText,
  changeText,
  diffRows,
  diffText,
  historyText,
  impactText,
  questionOf,
  viewText,
} from './policy-text.ts';
import { type PortfolioConnection, withSession } from './session.ts';
import { uncountedText } from './tried.ts';
import { everyLimit, everyMode, valued, withPolicy } from './values.ts';

/** Modes in which a gate's word counts: a rollback into one of them is asked about. */
const WITH_EFFECT: ReadonlySet<string> = new Set(['enforce', 'production']);

/** `--gate`, which most of these commands need. */
function gateOption(isNeeded = true, says = 'the gate whose limits are meant'): Option {
  return valued(new Option('--gate <gate>', says), withPolicy).makeOptionMandatory(isNeeded);
}

/** `--unset`. */
function unsetOption(): Option {
  return valued(new Option('--unset <names...>', 'limits that are to be as the environment has them'), everyLimit);
}

interface OneGate {
  readonly gate: string;
}

/** `policy show|diff|set|candidate|history|rollback`: the limits of the gates, changed while they run, and tried before. */
export function policyCommands(program: Command, io: Io): void {
  const policy = program.command('policy').description('the limits of the gates: what is in force, changes, versions');
  lookCommands(policy, io);
  const set = policy
    .command('set')
    .description('set limits, in force in every running worker within a second')
    .argument('[limits...]', 'NAME=VALUE', assignments, [])
    .addOption(unsetOption())
    .option('--file <file>', 'JSON of limits, by gate; those given beside it count more')
    .addOption(gateOption(false, 'the gate whose limits are meant; with --file of one gate it goes without'));
  withChangeOptions(set, { asks: true })
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis policy set HEAT_MIN=0.3 --gate heat-gate --reason "fewer exits whole"' +
        '\n  $ portcullis policy set --file deploy/policies/evaluation-static.json GOV_STARTING_BALANCE_USD=100000 \\' +
        '\n      --reason "evaluation account"' +
        `\n\nA file: ${LIMITS_EXAMPLE}`,
    )
    .action(async (limits: Assignment[], options: SetOptions) => setLimits(io, limits, options));
  candidateCommand(policy, io);
  const rollback = policy
    .command('rollback')
    .description('put the version before, or an earlier one, in force again: limits and mode')
    .option('--to <version>', 'the version, or the first characters of it (portcullis policy history)');
  withChangeOptions(rollback.addOption(gateOption()), { asks: true }).action(async (options: RollbackOptions) =>
    rollBack(io, options),
  );
}

interface CandidateOptions extends ChangeOptions, OneGate {
  readonly unset?: readonly string[];
  readonly mode?: string;
  readonly clear?: boolean;
}

function candidateCommand(policy: Command, io: Io): void {
  const candidate = policy
    .command('candidate')
    .description('judge every decision by other limits too, with no effect: what they would have said is logged')
    .argument('[limits...]', 'NAME=VALUE, beside what is in force now', assignments, [])
    .addOption(unsetOption())
    .addOption(valued(new Option('--mode <mode>', 'another mode'), everyMode))
    .option('--clear', 'no candidate any more');
  withChangeOptions(candidate.addOption(gateOption()), { asks: false }).action(
    async (limits: Assignment[], options: CandidateOptions) => tryLimits(io, limits, options),
  );
}

interface SetOptions extends ChangeOptions {
  readonly gate?: string;
  readonly unset?: readonly string[];
  readonly file?: string;
}

interface RollbackOptions extends ChangeOptions, OneGate {
  readonly to?: string;
}

interface ShowOptions extends CommonOptions {
  readonly gate?: string;
}

interface HistoryOptions extends CommonOptions, OneGate {
  readonly last: number;
}

function lookCommands(policy: Command, io: Io): void {
  withCommonOptions(policy.command('show').description('every limit in force, and who says so'))
    .addOption(gateOption(false))
    .action(async (options: ShowOptions) => {
      const handlers = await loadHandlers();
      const gates = options.gate === undefined ? policyGates(handlers) : [options.gate];
      const abouts = gates.map((gate) => usable(() => policyGate(handlers, gate)));
      await withSession(io, options, async (session) => {
        const views = await Promise.all(abouts.map((about) => viewOf(io, session, about)));
        print(io, options, views, (all) => all.map(viewText).join('\n'));
      });
    });
  withCommonOptions(policy.command('diff').description('where policy, candidate and environment differ'))
    .addOption(gateOption())
    .action(async (options: CommonOptions & OneGate) =>
      onGate(io, options, async (session, about) =>
        print(io, options, diffRows(await viewOf(io, session, about)), diffText),
      ),
    );
  withCommonOptions(policy.command('history').description('the versions of a policy, newest last'))
    .addOption(gateOption())
    .option('--last <count>', 'how many of the newest', wholeNumber(1, 100_000), 20)
    .action(async (options: HistoryOptions) =>
      onGate(io, options, async ({ redis, portfolio }, { gate }) =>
        print(io, options, (await policyVersions(redis, portfolio, gate)).slice(-options.last), historyText),
      ),
    );
}

async function viewOf(io: Io, { redis, portfolio }: PortfolioConnection, about: PolicyGate) {
  return policyView(about, await readPolicy(redis, portfolio, about.gate), cleanEnvironment(io.environment));
}

async function setLimits(io: Io, given: readonly Assignment[], options: SetOptions): Promise<void> {
  const { gate, limits: filed } = await limitsOfFile(options);
  const limits = [...filed.filter(({ name }) => !given.some((one) => one.name === name)), ...given];
  await onGate(io, { ...options, gate }, async ({ redis, portfolio }, about) => {
    const unset = options.unset ?? [];
    if (limits.length + unset.length === 0) throw usageError('expected NAME=VALUE or --unset NAME, got neither');
    const problems = [...limits.map(({ name }) => name), ...unset].flatMap((name) => nameProblem(about, name) ?? []);
    if (problems.length > 0) throw usageError(problems.join('\n'));
    const next = (settings: Overrides) => ({ settings: withLimits(settings, textsOf(limits, unset)) });
    const fallback = cleanEnvironment(io.environment);
    const stored = await readPolicy(redis, portfolio, about.gate);
    const { settings } = next(stored.settings);
    const planned = usable(() => plannedChange(about, stored, fallback, { settings }));
    const deps = { redis, portfolio, handlers: await loadHandlers(), environment: fallback };
    const impact = await impactOf(deps, about, stored, settings);
    if (options.json !== true) io.err(impactText(impact));
    if (planned.before !== planned.after) await confirm(io, options, questionOf(planned));
    const how = { ...changeOf(io, options), action: 'set', fallback } as const;
    const made = await changePolicy(redis, portfolio, about, how, (now) => next(now.settings));
    print(io, options, { ...made, impact }, changeText);
  });
}

async function tryLimits(io: Io, limits: readonly Assignment[], options: CandidateOptions): Promise<void> {
  await onGate(io, options, async ({ redis, portfolio }, about) => {
    const { unset = [], mode, clear = false } = options;
    const said = limits.length + unset.length > 0 || mode !== undefined;
    if (said === clear) throw usageError('expected limits or --mode of a candidate, or --clear, and not both');
    const stored = await readPolicy(redis, portfolio, about.gate);
    const settings = withLimits(stored.settings, textsOf(limits, unset));
    const problems = policyProblems(about, environmentOf(about, stored, cleanEnvironment(io.environment)), settings);
    if (problems.length > 0) throw usageError(problems.join('\n'));
    if (mode !== undefined && !about.modes.includes(mode)) {
      throw usageError(
        `expected a mode of ${about.gate}, one of ${about.modes.join(', ')}, got ${JSON.stringify(mode)}`,
      );
    }
    const deps = { redis, portfolio, environment: cleanEnvironment(io.environment) };
    const asked = clear ? undefined : { ...(mode !== undefined && { mode }), settings };
    const { candidate, uncounted } = await putCandidate(deps, about, asked, changeOf(io, options));
    if (uncounted !== undefined) io.err(uncountedText(uncounted));
    print(io, options, { gate: about.gate, candidate: candidate ?? null }, candidateText);
  });
}

function textsOf(limits: readonly Assignment[], unset: readonly string[]): LimitTexts {
  const left = unset.map((name) => [name, null] as const);
  return Object.fromEntries([...left, ...limits.map(({ name, value }) => [name, value] as const)]);
}

async function rollBack(io: Io, options: RollbackOptions): Promise<void> {
  await onGate(io, options, async ({ redis, portfolio }, about) => {
    const target = await rollbackTarget(redis, portfolio, about.gate, options.to);
    const { mode } = await readPolicy(redis, portfolio, about.gate);
    if (WITH_EFFECT.has(target.mode) && target.mode !== mode) {
      await confirm(io, options, `Roll ${about.gate} back into ${target.mode}? Its refusals take effect at once.`);
    }
    const how = { ...changeOf(io, options), environment: cleanEnvironment(io.environment) };
    print(io, options, await rollbackPolicy(redis, portfolio, about, target, how), changeText);
  });
}

async function onGate(
  io: Io,
  options: CommonOptions & OneGate,
  work: (session: PortfolioConnection, about: PolicyGate) => Promise<void>,
): Promise<void> {
  const handlers = await loadHandlers();
  const about = usable(() => policyGate(handlers, options.gate));
  await withSession(io, options, async (session) => work(session, about));
}

/** What was asked for wrongly ends with 2, before anything is written. */
function usable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Refusal ? usageError(error.message) : error;
  }
}

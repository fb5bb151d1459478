import { setTimeout as pause } from 'node:timers/promises';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { ChecklistLine } from '../../../schemas/api/activation.ts';
import { DAY_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { momentOf } from '../../../schemas/moment.ts';
import { activate, NotReady, viewActivation, WATCH_MS } from '../../desk/activation/activate.ts';
import { activatedGate, type Gates } from '../../desk/activation/gates.ts';
import { type GateActivation, readActivation } from '../../desk/activation/record.ts';
import { rehearseRollback } from '../../desk/activation/rehearsal.ts';
import { rollBack } from '../../desk/activation/roll-back.ts';
import { ActivationLooks, UNLOOKED_MS } from '../../desk/activation/watch.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import {
  activatedText,
  activationLine,
  checklistText,
  rehearsalText,
  rolledBackText,
  viewText,
} from './activate-text.ts';
import { exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { print } from './output.ts';
import { activationLimitsIn, lanesIn, type PortfolioConnection, withSession } from './session.ts';
import { valued, withModes } from './values.ts';

const LOOK_EVERY_MS = 1_000;
const SHORTEST_WATCH_MS = MINUTE_MS;
const LONGEST_WATCH_MS = 7 * DAY_MS;
const GATE = valued(new Argument('<gate>', 'heat-gate, risk-governor or governor'), withModes);

interface ActivateOptions extends ChangeOptions {
  readonly check?: boolean;
  readonly force?: boolean;
  /** Milliseconds. */
  readonly watch?: number;
  readonly detach?: boolean;
}

interface RollbackOptions extends ChangeOptions {
  readonly rehearse?: boolean;
}

/** `activate GATE`: the checklist, then the enforcing mode under watch; `rollback GATE`: back, at once. */
export function activationCommands(program: Command, io: Io, outcome: ExitStatus): void {
  const command = program
    .command('activate')
    .description('put a gate into its enforcing mode, if its evidence allows it, and watch it')
    .addArgument(GATE)
    .option('--check', 'print the checklist alone; exits with 1 unless every line is as it should be')
    .option('--force', 'in spite of lines that are not as they should be; recorded with the reason')
    .option('--watch <span>', 'how long it is watched: 10m, 1h, 2d (default: 1h)', watchSpan)
    .option('--detach', 'do not stay: the workers watch it by themselves');
  withChangeOptions(command, { asks: true, reasonNeeded: false })
    .addHelpText('after', ACTIVATE_HELP)
    .action(async (gate: string, options: ActivateOptions) => activateGate(io, outcome, gate, options));
  const rollback = program
    .command('rollback')
    .description('put a gate back into the mode in which it only shows what it would do, within a second')
    .addArgument(GATE)
    .option('--rehearse', 'change no mode: measure how soon a rollback would be in force, and record that');
  withChangeOptions(rollback, { asks: false, reasonNeeded: false })
    .addHelpText('after', ROLLBACK_HELP)
    .action(async (gate: string, options: RollbackOptions) => rollBackGate(io, outcome, gate, options));
}

const ACTIVATE_HELP = `
heat-gate and risk-governor go from shadow to enforce, governor from testnet to production. Every line of the
checklist must be as it should be (docs/evidence.md, Activation). While the gate is watched, it goes back by itself
when a condition does not hold; with Ctrl-C this command leaves, and the watch goes on.

Examples:
  $ portcullis activate heat-gate --check
  $ portcullis activate heat-gate --reason "two days of shadow agreed" --yes
  $ portcullis activate heat-gate --force --reason "few exits, each looked at by hand" --yes`;

const ROLLBACK_HELP = `
Needs no running worker and no reason.

Examples:
  $ portcullis rollback heat-gate
  $ portcullis rollback heat-gate --rehearse`;

async function activateGate(io: Io, outcome: ExitStatus, gate: string, options: ActivateOptions): Promise<void> {
  if (options.check !== true && options.reason === undefined)
    throw usageError("required option '--reason <text>' not specified");
  const handlers = await loadHandlers();
  requireUsable(handlers, gate);
  await withSession(io, options, async (session) => {
    const lanes = lanesIn(io.environment, session.portfolio, handlers);
    const gates = { handlers, lanes, limits: activationLimitsIn(io.environment) };
    if (options.check === true) {
      const view = await viewed(io, session, gates, gate);
      print(io, options, view, viewText);
      if (!view.ready) outcome.code = exitCodes.failed;
      return;
    }
    if (options.yes !== true) await asked(io, session, gates, gate, options);
    const made = await activated(io, session, gates, gate, options);
    print(io, options, made, activatedText);
    if (options.detach !== true && options.json !== true) await follow(io, outcome, session, gates, gate);
  });
}

async function asked(io: Io, session: PortfolioConnection, gates: Gates, gate: string, options: ActivateOptions) {
  const { mode, enforcing, ready, lines } = await viewed(io, session, gates, gate);
  if (mode === enforcing || (!ready && options.force !== true)) return;
  if (options.json !== true) io.out(`${checklistText(lines)}\n`);
  await confirm(io, options, question(gate, enforcing, lines.filter(({ ok }) => !ok).length));
}

/** Judges the evidence as it is now: while somebody was asked it may have changed. */
async function activated(io: Io, session: PortfolioConnection, gates: Gates, gate: string, options: ActivateOptions) {
  const { force = false, watch: watchMs = WATCH_MS } = options;
  const show = (lines: readonly ChecklistLine[]) => {
    cleared(io);
    if (options.json !== true) io.out(`${checklistText(lines)}\n`);
  };
  try {
    const how = { force, watchMs, change: changeOf(io, options), ...pageShown(io) };
    const made = await activate(session.redis, session.portfolio, gates, gate, how);
    show(made.lines);
    return made;
  } catch (error) {
    if (error instanceof NotReady) show(error.lines);
    throw error;
  }
}

async function viewed(io: Io, { redis, portfolio }: PortfolioConnection, gates: Gates, gate: string) {
  const { onPage } = pageShown(io);
  return await viewActivation(redis, portfolio, gates, gate, onPage).finally(() => cleared(io));
}

function pageShown(io: Io): { onPage?: (share: number) => void } {
  if (!io.interactive) return {};
  return { onPage: (share) => io.err(`${CLEAR_LINE}${progressBar(share)} of the decision log`) };
}

/** Stays while the activation is watched, and watches itself where no worker does. */
async function follow(
  io: Io,
  outcome: ExitStatus,
  { redis, portfolio }: PortfolioConnection,
  gates: Gates,
  name: string,
) {
  const about = activatedGate(gates.handlers, name);
  const { gate } = about;
  const own = gates.lanes.filter((lane) => lane.gate === gate);
  const looks = new ActivationLooks(redis, portfolio, about, { lanes: own, handlers: gates.handlers });
  io.err('Ctrl-C leaves; the workers go on watching.\n');
  while (!io.ended.aborted) {
    const now = await readActivation(redis, portfolio, gate);
    if (now?.state !== 'watching') return told(io, outcome, now);
    const nowMs = await redisNowMs(redis);
    if (nowMs - now.looked_ms > UNLOOKED_MS) await looks.look();
    if (io.interactive) io.err(progressLine(now, nowMs));
    await pause(LOOK_EVERY_MS, undefined, { signal: io.ended }).catch(() => undefined);
  }
  cleared(io);
}

function told(io: Io, outcome: ExitStatus, ended: GateActivation | undefined): void {
  cleared(io);
  io.out(ended === undefined ? 'The activation is gone from Redis.\n' : activationLine(ended, 0));
  if (ended?.state !== 'kept') outcome.code = exitCodes.failed;
}

function progressLine({ started_ms, until_ms, decisions }: GateActivation, nowMs: number): string {
  const share = (nowMs - started_ms) / (until_ms - started_ms);
  return `${CLEAR_LINE}${progressBar(share)} ${decisions} decisions`;
}

async function rollBackGate(io: Io, outcome: ExitStatus, gate: string, options: RollbackOptions): Promise<void> {
  const handlers = await loadHandlers();
  requireUsable(handlers, gate);
  await withSession(io, options, async ({ redis, portfolio }) => {
    if (options.rehearse === true) {
      const rehearsal = await rehearseRollback(redis, portfolio, handlers, gate, changeOf(io, options));
      print(io, options, rehearsal, rehearsalText);
      if (!rehearsal.passed) outcome.code = exitCodes.failed;
      return;
    }
    const done = await rollBack(redis, portfolio, handlers, gate, changeOf(io, options));
    print(io, options, done, rolledBackText);
    if (done.missing.length > 0) outcome.code = exitCodes.failed;
  });
}

function question(gate: string, enforcing: string, unmet: number): string {
  const despite = unmet === 0 ? '' : ` in spite of ${counted(unmet, 'check')}`;
  return `Put ${gate} into ${enforcing}${despite}? Its refusals take effect at once.`;
}

function requireUsable(handlers: readonly AnyHandler[], gate: string): void {
  try {
    activatedGate(handlers, gate);
  } catch (error) {
    throw error instanceof Refusal ? usageError(error.message) : error;
  }
}

function watchSpan(text: string): number {
  const moment = /^\d+[smhd]$/.test(text) ? momentOf(text) : undefined;
  const spanMs = moment === undefined ? Number.NaN : -moment(0);
  if (spanMs >= SHORTEST_WATCH_MS && spanMs <= LONGEST_WATCH_MS) return spanMs;
  throw new InvalidArgumentError(`expected a span from 1m to 7d, got ${JSON.stringify(text)}`);
}

function cleared(io: Io): void {
  if (io.interactive) io.err(CLEAR_LINE);
}

import type { ActionPreview, PreviewBody } from '../../../../schemas/api/preview.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import { formatNumber } from '../../../../schemas/number.ts';
import { alternatives, quoted } from '../../../../schemas/setting.ts';
import { Refusal } from '../../../engine/commit/operation.ts';
import { type ModalGate, modalGate } from '../../../engine/policy/modal-gates.ts';
import { modeProblem } from '../../../engine/policy/modes.ts';
import { plannedChange, readPolicy } from '../../../engine/policy/policies.ts';
import { policyGate } from '../../../engine/policy/policy-gate.ts';
import { findDeadLetters } from '../../dead-letters/dead-letters.ts';
import { rollbackTarget } from '../../policy/policy-rollback.ts';
import { budgetsNow } from '../../positions/budgets.ts';
import { requireReported } from '../../positions/positions.ts';
import { governorNow, type PreviewDeps } from './deps.ts';
import { lossConfirmPreview, lossReleasePreview } from './losses.ts';
import { strategyPreview } from './strategies.ts';
import {
  armPreview,
  disarmPreview,
  killPreview,
  outstanding,
  releasePreview,
  scopeOf,
  statePreview,
} from './switches.ts';

/** What a change would do, counted now; throws a `Refusal` for one that would be refused. Nothing is written. */
export async function previewOf(deps: PreviewDeps, asked: PreviewBody): Promise<ActionPreview> {
  switch (asked.action) {
    case 'kill':
      return await killPreview(deps);
    case 'release':
      return await releasePreview(deps);
    case 'arm':
      return await armPreview(deps);
    case 'disarm':
      return await disarmPreview(deps);
    case 'loss_release':
      return await lossReleasePreview(deps);
    case 'loss_confirm':
      return await lossConfirmPreview(deps);
    case 'strategy_pause':
    case 'strategy_resume':
      return await strategyPreview(deps, asked.action === 'strategy_pause', asked.strategy);
    case 'state':
      return await statePreview(deps, asked.trading_state);
    case 'mode':
      return await modePreview(deps, asked.gate, asked.mode);
    case 'clear':
      return await clearPreview(deps, asked.symbol);
    case 'rollback':
      return await rollbackPreview(deps, asked.gate, asked.version);
    case 'replay':
    case 'drop':
      return await deadLettersPreview(deps, asked.action, asked.stream, asked.ids);
  }
}

async function modePreview(deps: PreviewDeps, gate: string, mode: string): Promise<ActionPreview> {
  const { redis, portfolio, known } = deps;
  const about = modalGate(known.handlers, gate);
  const problem = modeProblem(about, mode, known.environment);
  if (problem !== undefined) throw new Refusal(problem);
  const { mode: before } = await readPolicy(redis, portfolio, gate);
  const scope = `${scopeOf(deps)}: ${gate} ${before || 'not set'} → ${mode}`;
  return { scope, ...(await modeEffect(deps, about, mode)) };
}

async function modeEffect(
  deps: PreviewDeps,
  { modes }: ModalGate,
  mode: string,
): Promise<Omit<ActionPreview, 'scope'>> {
  const effect = modes.words[mode] ?? '';
  switch (modes.touches) {
    case 'open_positions': {
      const { exposure } = await governorNow(deps);
      const unknown = exposure.known ? '' : ' Which positions are open is not known.';
      return {
        effect: effect + unknown,
        count: exposure.count,
        counted: 'open positions whose full closes it softens',
      };
    }
    case 'stored_budgets': {
      const { symbols } = await budgetsNow(deps.runtime, deps.portfolio, deps.known);
      const stored = symbols.filter(({ budget_usd }) => budget_usd !== null);
      const over = stored.filter(({ violation }) => violation).length;
      const now = `${effect.slice(0, -1)}; ${counted(over, 'position is', 'positions are')} over now.`;
      return {
        effect: mode === modes.enforcing ? now : effect,
        count: stored.length,
        counted: 'stored budgets that carry the new mode at once',
      };
    }
    case 'permits':
      return { effect, count: await outstanding(deps), counted: 'permits not yet taken' };
    default:
      return { effect, count: 0, counted: 'things that carry the new mode at once' };
  }
}

async function clearPreview(deps: PreviewDeps, symbol: string): Promise<ActionPreview> {
  await requireReported(deps.redis, deps.portfolio, symbol);
  const { exposure } = await governorNow(deps);
  const report = exposure.reportOf(symbol);
  const isHeld = report?.held === true;
  const worth = report?.notionalUsd === undefined ? 'of unknown worth' : `worth $${formatNumber(report.notionalUsd)}`;
  const effect = isHeld
    ? `The position ${worth} counts as closed, for caps, budgets and heat. Nothing is traded; a producer that still reports it opens it again.`
    : 'No position of this symbol counts now: nothing changes but a report of zero.';
  return {
    scope: `${scopeOf(deps)}: ${symbol}`,
    effect,
    count: isHeld ? 1 : 0,
    counted: 'positions that count no more',
  };
}

async function rollbackPreview(deps: PreviewDeps, gate: string, version: string | undefined): Promise<ActionPreview> {
  const { redis, portfolio, known } = deps;
  const about = policyGate(known.handlers, gate);
  const { settings, mode, version: target } = await rollbackTarget(redis, portfolio, gate, version);
  const stored = await readPolicy(redis, portfolio, gate);
  const planned = plannedChange(about, stored, known.environment, { settings, mode });
  const limits = Object.entries(planned.changed).map(([name, { before, after }]) => `${name} ${before} → ${after}`);
  const modes =
    planned.mode.before === planned.mode.after
      ? []
      : [`mode ${planned.mode.before || 'not set'} → ${planned.mode.after || 'not set'}`];
  const changes = [...modes, ...limits];
  const effect =
    changes.length === 0
      ? 'Nothing that is in force changes.'
      : `${changes.join(', ')}, in every worker within a second.`;
  const scope = `${scopeOf(deps)}: ${gate} back to version ${target.slice(0, 8)}`;
  return { scope, effect, count: changes.length, counted: 'limits and modes that change' };
}

async function deadLettersPreview(
  { redis, portfolio, streams }: PreviewDeps,
  action: 'replay' | 'drop',
  name: string,
  ids: readonly string[],
): Promise<ActionPreview> {
  const stream = streams.find((one) => one.name === name);
  if (stream === undefined) {
    throw new Refusal(`expected a stream of ${alternatives(streams.map((one) => one.name))}, got ${quoted(name)}`);
  }
  const found = await Promise.all([...new Set(ids)].map((id) => findDeadLetters(redis, [stream], id)));
  const count = found.flat().length;
  const effect =
    action === 'replay'
      ? 'They come back as new entries of the stream: an old plan is a new one again, and is judged as one.'
      : 'They are deleted for good, with what is in them. The ledger keeps their ids.';
  return { scope: `${scopeOf({ portfolio })}: dead letters of ${name}`, effect, count, counted: 'dead letters' };
}

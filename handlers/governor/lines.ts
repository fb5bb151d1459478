import type { GovernorSettings } from '../../schemas/governor.ts';
import { PERMIT_TTL_SEC } from '../../schemas/governor.ts';
import { formatNumber } from '../../schemas/number.ts';
import type { Plan } from '../../schemas/plan.ts';
import type { LogLine } from '../contract/effects.ts';
import type { PlanFigures } from './figures.ts';
import type { Judgment } from './judge.ts';
import { isStrict } from './ruling.ts';

/** The lines logged when a worker starts, as the seeds show them. */
export function startLines(settings: GovernorSettings): readonly string[] {
  const trade = dollars(settings.GOV_MAX_NOTIONAL_PER_TRADE_USDT);
  const total = dollars(settings.GOV_MAX_TOTAL_NOTIONAL_USDT);
  return [
    'Governor initialized',
    `Max exec/hour: ${settings.GOV_MAX_EXEC_PER_HOUR}, Max exec/5min: ${settings.GOV_MAX_EXEC_PER_5MIN}`,
    `Auto-disarm: ${word(settings.GOV_ENABLE_AUTO_DISARM)}, Kill score critical: ${decimal(settings.GOV_KILL_SCORE_CRITICAL)}`,
    `Fund caps: ${settings.GOV_MAX_OPEN_POSITIONS} positions, ${trade}/trade, ${total} total`,
    `Symbol cooldown: ${formatNumber(settings.GOV_SYMBOL_COOLDOWN_SECONDS)}s`,
    ...shortReservations(settings),
  ];
}

/** The lines logged about a judged plan, as the seeds show them. */
export function planLines(
  plan: Plan,
  judgment: Judgment,
  mode: string,
  settings: GovernorSettings,
): readonly LogLine[] {
  return [...kindLines(plan, judgment.figures, mode, settings), ...verdictLines(plan, judgment, mode)];
}

function kindLines(
  plan: Plan,
  figures: PlanFigures | undefined,
  mode: string,
  settings: GovernorSettings,
): readonly LogLine[] {
  const { symbol, action } = plan;
  if (figures === undefined) return [info(`${symbol}: CLOSE action (${action}) - bypassing fund caps`)];
  return [
    info(`${symbol}: OPEN action (${action}) - applying fund caps`),
    ...(mode === 'testnet' ? [info(`${symbol}: Testnet mode - applying fund caps for plan ${plan.planId}`)] : []),
    ...budgetLines(symbol, figures, mode !== 'dry_run' && isStrict({ mode, settings })),
    ...capLines(symbol, figures, settings),
  ];
}

function budgetLines(symbol: string, { budget }: PlanFigures, blocks: boolean): readonly LogLine[] {
  if (budget === undefined) return [];
  const figure = budget.budgetUsd === undefined ? 'unknown' : `$${budget.budgetUsd.toFixed(2)}`;
  const refuses = budget.violated && budget.mode === 'enforce';
  const verdict = refuses ? (blocks ? 'blocking' : 'would block') : 'allowing';
  const text = `${symbol}: P2.8 budget=${figure} mode=${budget.mode} - ${verdict}`;
  return [refuses ? warn(text) : info(text)];
}

function capLines(symbol: string, figures: PlanFigures, settings: GovernorSettings): readonly LogLine[] {
  const lines: LogLine[] = [];
  const cooldownMs = settings.GOV_SYMBOL_COOLDOWN_SECONDS * 1000;
  const { sinceExecMs, planUsd, exposure } = figures;
  if (sinceExecMs !== undefined && sinceExecMs < cooldownMs) {
    lines.push(warn(`${symbol}: Cooldown active - ${((cooldownMs - sinceExecMs) / 1000).toFixed(1)}s remaining`));
  }
  const perTrade = settings.GOV_MAX_NOTIONAL_PER_TRADE_USDT;
  if (planUsd !== undefined && planUsd <= perTrade) {
    lines.push(info(`${symbol}: Notional $${planUsd.toFixed(2)} OK (limit ${dollars(perTrade)})`));
  }
  const total = settings.GOV_MAX_TOTAL_NOTIONAL_USDT;
  if (exposure.grossNotionalUsd >= total) {
    lines.push(warn(`Portfolio notional $${exposure.grossNotionalUsd.toFixed(2)} >= ${dollars(total)}`));
  }
  return lines;
}

function verdictLines(plan: Plan, judgment: Judgment, mode: string): readonly LogLine[] {
  const { symbol, planId } = plan;
  if (judgment.refusal !== undefined) return [warn(`${symbol}: BLOCKED plan ${planId} - ${judgment.refusal}`)];
  if (mode !== 'dry_run') return [info(`${symbol}: ALLOWED plan ${planId}`)];
  if (judgment.wouldRefuse === undefined) return [info(`${symbol}: would have ALLOWED plan ${planId}`)];
  return [warn(`${symbol}: would have BLOCKED plan ${planId} - ${judgment.wouldRefuse}`)];
}

function shortReservations(settings: GovernorSettings): readonly string[] {
  if (settings.GOV_RESERVATION_TTL_SEC >= PERMIT_TTL_SEC) return [];
  return [
    `GOV_RESERVATION_TTL_SEC is ${settings.GOV_RESERVATION_TTL_SEC}: a permit lives ${PERMIT_TTL_SEC} s, so caps may be exceeded by permits taken late`,
  ];
}

/** A number with at least one digit after the point, as the seeds print them. */
function decimal(value: number): string {
  const text = formatNumber(value);
  return text.includes('.') ? text : `${text}.0`;
}

function dollars(value: number): string {
  return `$${decimal(value)}`;
}

function word(value: boolean): string {
  return value ? 'True' : 'False';
}

function info(text: string): LogLine {
  return { level: 'info', text };
}

function warn(text: string): LogLine {
  return { level: 'warn', text };
}

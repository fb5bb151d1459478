import { fundingText } from '../../../../schemas/funding-text.ts';
import { surenessText } from '../../../../schemas/sureness-text.ts';
import type { ShadowReport } from '../state/wire.ts';
import { count, counted, money, percent } from './figures.ts';
import { spaced } from './words.ts';

type PlainReport = Extract<ShadowReport, { readonly by_reason: unknown }>;
type ReportOn<G extends ShadowReport['gate']> = Extract<ShadowReport, { readonly gate: G }>;

/** What a gate changed, or would have, and what that came to: the most important first. */
export function shadowSentences(report: ShadowReport): readonly string[] {
  if ('by_reason' in report) return plainWords(report);
  switch (report.gate) {
    case 'heat-gate':
      return [...softenedWords(report), ...keptWords(report), ...sureWords(report), ...drawdownWords(report)];
    case 'risk-governor':
      return budgetWords(report);
    case 'governor':
      return planWords(report);
  }
}

function softenedWords({ softened, full_closes }: ReportOn<'heat-gate'>): readonly string[] {
  const { exits, done, would_be } = softened;
  const how =
    done === 0
      ? 'would have been'
      : would_be === 0
        ? exits === 1
          ? 'was'
          : 'were'
        : `were (${count(done)}) or would have been`;
  return [`${count(exits)} of ${counted(full_closes, 'full close')} ${how} softened (${percent(softened.share, 0)}).`];
}

function keptWords({ money: kept, softened }: ReportOn<'heat-gate'>): readonly string[] {
  if (kept.softened === 0) return [];
  if (kept.valued === 0) return ['What the kept parts came to is not known: there are no prices to value them by.'];
  const { gained, lost, pnl_usd } = kept;
  const would = softened.done === 0 ? 'would have ' : '';
  const what = `The kept parts ${would}${pnl_usd < 0 ? 'lost' : 'earned'} ${money(Math.abs(pnl_usd))} against the original exits (direct, horizon ${spanWords(kept.horizon_sec)})`;
  const parts = `${count(gained.exits)} earned ${money(gained.usd)}, ${count(lost.exits)} lost ${money(Math.abs(lost.usd))}`;
  const open = kept.softened - kept.valued;
  const funding = fundingText(kept.funding, kept.valued);
  return [`${what}: ${parts}${funding}.`, ...(open === 0 ? [] : [`${count(open)} of them could not be valued.`])];
}

function sureWords({ money: kept, uncertainty }: ReportOn<'heat-gate'>): readonly string[] {
  if (kept.valued === 0) return [];
  return [`Direct, horizon ${spanWords(kept.horizon_sec)}: ${surenessText(uncertainty.direct)}.`];
}

/** A span of whole hours up to two days, of days from there on. */
export function spanWords(seconds: number): string {
  const hours = seconds / 3600;
  return hours > 48 && hours % 24 === 0 ? `${hours / 24} days` : `${Number(hours.toFixed(1))} h`;
}

function drawdownWords({ drawdown, softened }: ReportOn<'heat-gate'>): readonly string[] {
  if (drawdown === null || softened.exits === 0) return [];
  const { max_drawdown_with, max_drawdown_without } = drawdown;
  return [
    `Largest drawdown with the kept parts ${percent(max_drawdown_with)}, without ${percent(max_drawdown_without)}.`,
  ];
}

function budgetWords({ violations, plans, plan_money }: ReportOn<'risk-governor'>): readonly string[] {
  const { judged, over_budget, blocked, would_block } = plans;
  return [
    `Positions went over their budget ${counted(violations.spells, 'time')}; ${count(violations.of_one_cycle)} of these lasted one cycle only.`,
    `${count(over_budget)} of ${counted(judged, 'plan')} were over budget: ${count(blocked)} blocked, ${count(would_block)} would have been.`,
    ...planMoneyWords(plan_money, 'The plans over budget'),
  ];
}

function planWords({ opens, closes, permitted_usd, refused_usd, plan_money }: ReportOn<'governor'>): readonly string[] {
  const refused = opens.blocked + opens.would_block;
  const would = opens.would_block === 0 ? '' : ` (${count(opens.would_block)} would have been)`;
  return [
    `${count(refused)} of ${counted(opens.plans, 'plan')} that open a position were refused${would}, worth ${money(refused_usd)}; ${money(permitted_usd)} were permitted.`,
    `${count(closes.blocked)} of ${counted(closes.plans, 'plan')} that close one were refused.`,
    ...planMoneyWords(plan_money, 'The refused plans'),
  ];
}

function planMoneyWords(plans: ReportOn<'governor'>['plan_money'], what: string): readonly string[] {
  const { direct, valued, horizon_sec } = plans;
  if (plans.plans === 0) return [];
  if (valued === 0) return [`What ${what.toLowerCase()} would have come to is not known: there are no prices.`];
  const how = direct.pnl_usd < 0 ? 'lost' : 'earned';
  const open = plans.plans - valued;
  const left = open === 0 ? '' : `; ${count(open)} could not be valued`;
  return [
    `${what} would have ${how} ${money(Math.abs(direct.pnl_usd))} (direct, horizon ${spanWords(horizon_sec)})${left}: ${surenessText(direct, 'plan')}.`,
  ];
}

function plainWords({ gate, figures, by_reason }: PlainReport): readonly string[] {
  const { changed, changed_share, decisions } = figures;
  const [first] = by_reason;
  const way = `${gate} stood in the way, or would have, in ${count(changed)} of ${counted(decisions, 'decision')}`;
  const most = first === undefined || first.changed === 0 ? [] : [`Most often: ${spaced(first.name)}.`];
  return [`${way} (${percent(changed_share)}).`, ...most];
}

import { dollars } from '../../../../schemas/amount-text.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import type { BudgetReport } from '../gate-report.ts';
import type { About } from '../index.ts';
import type { ReportPage, Section } from './page.ts';
import { planMoneySections, planMoneySentences } from './plan-money-section.ts';
import {
  aboutText,
  barPlot,
  hoursText,
  levelPlot,
  section,
  shareText,
  soundnessSection,
  soundnessTiles,
} from './words.ts';

/** How the report on the risk governor is shown. */
export function budgetPage(report: BudgetReport & About): ReportPage {
  const { figures, plans, violations } = report;
  return {
    title: 'Shadow report: risk governor',
    about: aboutText(report),
    sentences: [...sentences(report), ...planMoneySentences(report.plan_money, 'the plans over their budget')],
    tiles: [
      {
        name: 'Cycles with a violation',
        value: shareText(figures.changed_share),
        note: `${figures.changed} of ${counted(figures.decisions, 'cycle')}`,
      },
      {
        name: 'Violations',
        value: String(violations.spells),
        note: `${violations.of_one_cycle} of them gone with the next cycle`,
      },
      { name: 'Plans over budget', value: String(plans.over_budget), note: `of ${plans.judged} with a budget` },
      { name: 'Would have been blocked', value: String(plans.would_block), note: `${plans.blocked} were` },
      ...soundnessTiles(figures),
    ],
    sections: [
      ...[cycles(report), positions(report), plansSection(report)],
      ...planMoneySections(report.plan_money),
      soundnessSection(figures),
    ],
  };
}

function sentences({ figures, violations, plans }: BudgetReport): readonly string[] {
  const { decisions, changed } = figures;
  const found = `found a position over its budget in ${changed} of ${counted(decisions, 'cycle')} (${shareText(figures.changed_share)})`;
  const gone = `${violations.of_one_cycle} of ${counted(violations.spells, 'violation')} were gone with the next cycle`;
  const over = `${plans.over_budget} of ${counted(plans.judged, 'plan')} that had a budget were over it`;
  return [
    `Over ${hoursText(figures.hours)} the risk governor ${found}.`,
    violations.spells === 0 ? 'There was no violation.' : `${gone}: look at those as false positives.`,
    plans.judged === 0
      ? 'The governor held no plan against a budget.'
      : `${over}: ${plans.blocked} were blocked for it, ${plans.would_block} would have been in enforce.`,
  ];
}

function cycles({ hours }: BudgetReport): Section {
  const plot = barPlot('Cycles', hours, 'cycles', 'with a violation');
  const heat = levelPlot('Heat the budgets were made of', 'heat', hours, 'number');
  return { ...section('Cycles', 'Each cycle gives every active symbol its budget.'), plots: [plot, heat] };
}

function positions({ symbols }: BudgetReport): Section {
  const rows = symbols.map((row) => [
    row.name,
    String(row.decisions),
    String(row.changed),
    shareText(row.changed_share),
    dollars(row.worst_over_usd),
    dollars(row.lowest_budget_usd),
    dollars(row.highest_budget_usd),
  ]);
  const head = ['Symbol', 'Cycles held', 'Over budget', 'Share', 'Most over', 'Lowest budget', 'Highest budget'];
  const text = 'Cycles in which a symbol had a position, of the 64 symbols that a decision names.';
  return section('Positions', text, { head, rows, bars: symbols.map(({ changed }) => changed) });
}

function plansSection({ plans }: BudgetReport): Section {
  const rows = plans.symbols.map((row) => [
    row.name,
    String(row.decisions),
    String(row.changed),
    shareText(row.changed_share),
  ]);
  return section('Plans held against a budget', 'From the decisions of the governor.', {
    head: ['Symbol', 'Plans', 'Over budget', 'Share'],
    rows,
    bars: plans.symbols.map(({ changed }) => changed),
  });
}

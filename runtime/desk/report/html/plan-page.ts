import { dollars } from '../../../../schemas/amount-text.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import type { PlanReport } from '../gate-report.ts';
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

/** How the report on the governor is shown. */
export function planPage(report: PlanReport & About): ReportPage {
  const { figures, opens, closes } = report;
  const stopped = opens.blocked + opens.would_block;
  return {
    title: 'Shadow report: governor',
    about: aboutText(report),
    sentences: [...sentences(report), ...planMoneySentences(report.plan_money, 'the blocked plans')],
    tiles: [
      {
        name: opens.would_block > 0 ? 'Blocked, or would be' : 'Blocked',
        value: shareText(opens.plans === 0 ? null : stopped / opens.plans),
        note: `${stopped} of ${counted(opens.plans, 'plan')} that open`,
      },
      { name: 'Permitted', value: dollars(report.permitted_usd), note: `${dollars(report.refused_usd)} refused` },
      { name: 'Exits blocked', value: String(closes.blocked), note: `of ${counted(closes.plans, 'plan')} that close` },
      ...soundnessTiles(figures),
    ],
    sections: [
      plans(report),
      ...planMoneySections(report.plan_money),
      reasons(report),
      checks(report),
      symbols(report),
      soundnessSection(figures),
    ],
  };
}

function sentences({ figures, opens, closes, reasons: all, refused_usd }: PlanReport): readonly string[] {
  const did = [
    opens.blocked > 0 || opens.would_block === 0 ? `blocked ${opens.blocked}` : '',
    opens.would_block > 0 ? `would have blocked ${opens.would_block}` : '',
  ].filter((part) => part !== '');
  const [first] = all;
  const most = first === undefined ? '' : ` Most often: ${first.reason} (${first.blocked + first.would_block}).`;
  const exits =
    closes.blocked === 0
      ? `Every one of ${counted(closes.plans, 'plan')} that close went through.`
      : `${closes.blocked} of ${counted(closes.plans, 'plan')} that close were blocked: look at them first.`;
  return [
    `Over ${hoursText(figures.hours)} the governor ${did.join(' and ')} of ${counted(opens.plans, 'plan')} that open, worth ${dollars(refused_usd)}.${most}`,
    closes.plans === 0 ? 'There was no plan that closes.' : exits,
  ];
}

function plans({ hours }: PlanReport): Section {
  const plot = barPlot('Plans that open', hours, 'plans', 'blocked, or would be');
  const notional = levelPlot('Gross notional of all positions', 'gross notional', hours, 'usd');
  return { ...section('Plans', ''), plots: [plot, notional] };
}

function reasons({ reasons: all }: PlanReport): Section {
  const rows = all.map((row) => [row.reason, String(row.blocked), String(row.would_block), dollars(row.notional_usd)]);
  const head = ['Reason', 'Blocked', 'Would have been', 'Worth'];
  const bars = all.map((row) => row.blocked + row.would_block);
  return section('Reasons', 'The first check that refuses gives the reason.', { head, rows, bars });
}

function checks({ checks: all }: PlanReport): Section {
  const rows = all.map((row) => [row.check, String(row.judged), String(row.refused), String(row.would_refuse)]);
  const head = ['Check', 'Judged', 'Refused', 'Would have'];
  const text = 'All checks are judged on every plan that opens, whichever gave the reason.';
  return section('Checks', text, { head, rows, bars: all.map((row) => row.refused + row.would_refuse) });
}

function symbols({ symbols: all }: PlanReport): Section {
  const rows = all.map((row) => [row.name, String(row.decisions), String(row.changed), shareText(row.changed_share)]);
  const head = ['Symbol', 'Plans that open', 'Blocked, or would be', 'Share'];
  return section('By symbol', '', { head, rows, bars: all.map(({ changed }) => changed) });
}

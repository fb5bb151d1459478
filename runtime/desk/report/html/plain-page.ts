import type { CheckRow, CountRow } from '../../../../handlers/common/report-counts.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import type { About } from '../index.ts';
import type { PlainReport } from '../plain-report.ts';
import type { ReportPage, Section } from './page.ts';
import { aboutText, barPlot, hoursText, section, shareText, soundnessSection, soundnessTiles } from './words.ts';

/** How the report is shown on a gate that says nothing of its own. */
export function plainPage(report: PlainReport & About): ReportPage {
  const { gate, figures, by_reason, symbols, checks } = report;
  const { changed, decisions, changed_share } = figures;
  return {
    title: `Shadow report: ${gate}`,
    about: aboutText(report),
    sentences: sentences(report),
    tiles: [
      {
        name: 'Stood in the way, or would have',
        value: shareText(changed_share),
        note: `${changed} of ${counted(decisions, 'decision')}`,
      },
      ...soundnessTiles(figures),
    ],
    sections: [
      { ...section('Decisions', ''), plots: [barPlot('Decisions', report.hours, 'decisions', WAY)] },
      rowsSection('By reason', 'Reason', by_reason),
      checksSection(checks),
      rowsSection('By symbol', 'Symbol', symbols),
      soundnessSection(figures),
    ],
  };
}

const WAY = 'stood in the way, or would have';

function sentences({ gate, figures, by_reason }: PlainReport): readonly string[] {
  const { changed, decisions, hours } = figures;
  const [first] = by_reason;
  const most = first === undefined || first.changed === 0 ? '' : ` Most often: ${first.name} (${first.changed}).`;
  const many = `${changed} of ${counted(decisions, 'decision')} (${shareText(figures.changed_share)})`;
  return [`Over ${hoursText(hours)} the ${gate} stood in the way, or would have, in ${many}.${most}`];
}

function rowsSection(heading: string, name: string, all: readonly CountRow[]): Section {
  const rows = all.map((row) => [row.name, String(row.decisions), String(row.changed), shareText(row.changed_share)]);
  const head = [name, 'Decisions', 'In the way, or would be', 'Share'];
  return section(heading, '', { head, rows, bars: all.map(({ changed }) => changed) });
}

function checksSection(all: readonly CheckRow[]): Section {
  const rows = all.map((row) => [row.check, String(row.judged), String(row.refused), String(row.would_refuse)]);
  const head = ['Check', 'Judged', 'Refused', 'Would have'];
  return section('Checks', '', { head, rows, bars: all.map((row) => row.refused + row.would_refuse) });
}

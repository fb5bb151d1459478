import type { GateReport } from '../index.ts';
import { budgetPage } from './budget-page.ts';
import { candidatePage, withCandidate } from './candidate-section.ts';
import { heatPage } from './heat-page.ts';
import type { ReportPage } from './page.ts';
import { plainPage } from './plain-page.ts';
import { planPage } from './plan-page.ts';

/** How a report is shown: without decisions, by saying so alone. */
export function pageOf(report: GateReport): ReportPage {
  const page = withCandidate(gatePage(report), report.candidate);
  return report.figures.decisions === 0 ? { ...page, sentences: [], tiles: [], sections: [] } : page;
}

/** How what candidates said is shown by itself; undefined where none was asked. */
export function candidatePageOf(report: GateReport): ReportPage | undefined {
  return report.candidate === null ? undefined : candidatePage(gatePage(report), report.candidate);
}

function gatePage(report: GateReport): ReportPage {
  if ('by_reason' in report) return plainPage(report);
  switch (report.gate) {
    case 'heat-gate':
      return heatPage(report);
    case 'risk-governor':
      return budgetPage(report);
    case 'governor':
      return planPage(report);
  }
}

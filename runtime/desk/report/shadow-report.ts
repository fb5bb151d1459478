import type { CountRow, HourRow } from '../../../handlers/common/report-counts.ts';
import type { ShadowReport } from '../../../schemas/api/shadow.ts';
import { DAY_HOURS } from '../../../schemas/duration.ts';
import type { GateReport } from './index.ts';

const MOST_SYMBOLS = 50;
const MOST_HOURS = 31 * DAY_HOURS;

/** A report as a page shows it: the same figures, with as many symbols and hours as fit on one. */
export function shadowReport(report: GateReport, portfolio: string): ShadowReport {
  const bounded = { portfolio, hours: newest(report.hours) };
  if ('by_reason' in report) return { ...report, ...bounded, ...symbolsOf(report.symbols) };
  switch (report.gate) {
    case 'heat-gate': {
      const { path: _, ...shown } = report;
      return { ...shown, ...bounded, ...symbolsOf(report.symbols) };
    }
    case 'risk-governor': {
      const plans = { ...report.plans, ...symbolsOf(report.plans.symbols) };
      return { ...report, ...bounded, ...symbolsOf(report.symbols), plans };
    }
    case 'governor':
      return { ...report, ...bounded, ...symbolsOf(report.symbols) };
  }
}

function newest(hours: readonly HourRow[]): readonly HourRow[] {
  return hours.slice(-MOST_HOURS);
}

function symbolsOf<R extends CountRow>(rows: readonly R[]): { symbols: readonly R[]; more_symbols: number } {
  return { symbols: rows.slice(0, MOST_SYMBOLS), more_symbols: Math.max(0, rows.length - MOST_SYMBOLS) };
}

import type { JudgedFigure } from './api/judged-figure.ts';
import type { RiskAnswer } from './api/risk.ts';
import type { RiskFigure } from './book-risk.ts';
import { figure as number } from './check-words.ts';
import { percentTo } from './figure-text.ts';

/** What a figure is called. */
export function figureWords(figure: RiskFigure): string {
  return figure.replaceAll('_', ' ');
}

/** A figure that judges beside the heat in a line: its value, its limits, and what it counts as; `decides` where it is the hottest. */
export function judgedText({ figure, value, min, max, heat }: JudgedFigure, decides: boolean): string {
  const words = figureWords(figure);
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  const scale = `WARM from ${number(min)}, HOT from ${number(max)}`;
  if (value === null || heat === null) return `${name} is not known (${scale}): then every exit passes.`;
  return `${name} ${number(value)} (${scale}) counts as a heat of ${number(heat)}${decides ? ', and decides' : ''}.`;
}

/** What a figure is at its worst by: the scenario of a shock, or the position that would be liquidated first. */
export function atWorst({
  scenario,
  liquidation,
}: Pick<RiskAnswer['figures'][number], 'scenario' | 'liquidation'>): string {
  if (liquidation !== null) return `${liquidation.symbol} liquidated ${percentTo(1, liquidation.distance)} away`;
  return scenario ?? '';
}

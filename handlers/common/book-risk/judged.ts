import { judgingFigures, type RiskFigure, type RiskSettings, riskFigures } from '../../../schemas/book-risk.ts';
import { type JudgingSettings, type RecordedRisk, riskLimitsOf } from '../../../schemas/judged-figures.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { isFresh, timeOf } from '../../../schemas/time.ts';
import type { HashFact } from '../../contract/reads.ts';

/** A figure that is older than this is not known, milliseconds. */
export const FIGURE_MAX_AGE_MS = 30_000;

/** A figure that judges, with its limits: parts of equity. `value` and `heat` are undefined where it is not known. */
export interface JudgedFigure {
  readonly figure: RiskFigure;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  /** The heat that it counts as. */
  readonly heat: number | undefined;
}

type Thresholds = Pick<JudgingSettings, 'HEAT_MIN' | 'HEAT_MAX'>;

/** The figures that judge, as they were stored last; none where none judges. */
export function judgedFigures(
  risk: HashFact | undefined,
  settings: JudgingSettings,
  nowMs: number,
): readonly JudgedFigure[] {
  const judging = judgingFigures(settings);
  if (judging.length === 0) return [];
  return judging.flatMap((figure) => judged(figure, figureNow(risk, figure, nowMs), settings));
}

/** Whether a figure judges that is not known. */
export function isRiskUnknown(risk: HashFact | undefined, settings: RiskSettings, nowMs: number): boolean {
  return judgingFigures(settings).some((figure) => figureNow(risk, figure, nowMs) === undefined);
}

/** A figure as it was stored last, parts of equity; undefined where there is none, and after 30 s. */
export function figureNow(risk: HashFact | undefined, figure: RiskFigure, nowMs: number): number | undefined {
  const fields = risk?.fields ?? null;
  const atMs = fields === null ? undefined : timeOf(fields);
  if (fields === null || atMs === undefined || !isFresh(atMs, nowMs, FIGURE_MAX_AGE_MS)) return undefined;
  const value = parseNumber(fields[figure]);
  return value === undefined || value < 0 ? undefined : value;
}

/** The figures of a logged judgment under these settings; undefined where one judges that was not recorded. */
export function judgedAgain(
  recorded: RecordedRisk | undefined,
  settings: JudgingSettings,
): readonly JudgedFigure[] | undefined {
  const judging = judgingFigures(settings);
  if (judging.some((figure) => recorded?.[figure] === undefined)) return undefined;
  return judging.flatMap((figure) => judged(figure, recorded?.[figure]?.value ?? undefined, settings));
}

/** The figures of a logged judgment as they were judged then. */
export function judgedAlike(recorded: RecordedRisk, thresholds: Thresholds): readonly JudgedFigure[] {
  return riskFigures.flatMap((figure) => {
    const { value = null, min, max } = recorded[figure] ?? {};
    if (min === undefined || max === undefined) return [];
    return [withHeat({ figure, value: value ?? undefined, min, max }, thresholds)];
  });
}

/** Figures as the facts of a decision have them; undefined where none judges. */
export function recordedRisk(
  figures: readonly JudgedFigure[],
): Record<string, Record<string, number | null>> | undefined {
  if (figures.length === 0) return undefined;
  return Object.fromEntries(figures.map(({ figure, value, min, max }) => [figure, { value: value ?? null, min, max }]));
}

/** The hottest of the figures that are known, the first of equals. */
export function hottestOf(figures: readonly JudgedFigure[]): (JudgedFigure & { readonly heat: number }) | undefined {
  let hottest: (JudgedFigure & { readonly heat: number }) | undefined;
  for (const { heat, ...figure } of figures) {
    if (heat !== undefined && (hottest === undefined || heat > hottest.heat)) hottest = { ...figure, heat };
  }
  return hottest;
}

/**
 * The heat that a figure counts as: linear through (0, 0), (its lower limit, `HEAT_MIN`) and (its upper limit,
 * `HEAT_MAX`), and on along the last line. Not rounded, so that a figure below a limit is below the threshold.
 */
export function heatOfFigure(
  value: number,
  { min, max }: Pick<JudgedFigure, 'min' | 'max'>,
  { HEAT_MIN: heatMin, HEAT_MAX: heatMax }: Thresholds,
): number {
  if (value === min) return heatMin;
  if (value === max) return heatMax;
  if (value < min) return (value / min) * heatMin;
  return Math.min(heatMin + (heatMax - heatMin) * ((value - min) / (max - min)), Number.MAX_VALUE);
}

function judged(figure: RiskFigure, value: number | undefined, settings: JudgingSettings): readonly JudgedFigure[] {
  const [min, max] = riskLimitsOf[figure].map((name) => settings[name]);
  if (min === undefined || max === undefined) return [];
  return [withHeat({ figure, value, min, max }, settings)];
}

function withHeat(figure: Omit<JudgedFigure, 'heat'>, thresholds: Thresholds): JudgedFigure {
  const heat = figure.value === undefined ? undefined : heatOfFigure(figure.value, figure, thresholds);
  return { ...figure, heat };
}

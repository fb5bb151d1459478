import { dollars } from '../../../schemas/amount-text.ts';
import type { LimitNow, Problem } from '../../../schemas/api/overview.ts';
import type { CheckWords } from '../../../schemas/check-words.ts';
import { formatNumber } from '../../../schemas/number.ts';

/** A limit that is no check of a plan, and the setting that sets it. */
const ERRORS = 'evaluation_errors';
const ERRORS_SETTING = 'GOV_DISARM_ON_ERROR_COUNT';

/**
 * A problem for each limit of the governor that has no room left in the mode it is in: a warning at the limit, critical
 * above it. `words` are those of the governor's checks, by their names.
 */
export function limitProblems(
  limits: readonly LimitNow[],
  words: Readonly<Record<string, CheckWords>> = {},
): Problem[] {
  return limits.flatMap((limit) => {
    const { name, state, applies, value, headroom } = limit;
    if (!applies || state !== 'reached' || value === null || headroom === null) return [];
    const setting =
      name === ERRORS ? ERRORS_SETTING : (Object.hasOwn(words, name) && words[name]?.setting) || undefined;
    return [
      {
        key: `limit ${name}`,
        severity: headroom < 0 ? 'critical' : 'warning',
        what: `${saidOf(limit)}${name === ERRORS ? '' : ': plans that open a position are refused'}`,
        do: doOf(setting),
        since: null,
        ...(setting !== undefined && { setting }),
      },
    ];
  });
}

function saidOf({ label, symbol, value, limit, headroom, unit }: LimitNow): string {
  const about = symbol === null ? label : `${label} (${symbol})`;
  const how = (headroom ?? 0) < 0 ? 'breached' : 'reached';
  return `${about}: limit ${how}, ${inUnit(value ?? 0, unit)} of ${inUnit(limit, unit)}`;
}

function inUnit(value: number, unit: LimitNow['unit']): string {
  if (unit === 'usd') return dollars(value);
  return unit === 'percent' ? `${formatNumber(value)} %` : formatNumber(value);
}

function doOf(setting: string | undefined): string {
  if (setting === undefined) return 'It goes on by itself once there is room again.';
  return `It goes on by itself once there is room again; another limit: portcullis policy set ${setting}=… --gate governor`;
}

import { z } from 'zod';
import { riskFigures, riskSettingOf } from '../../schemas/book-risk.ts';
import type { FeedName } from '../../schemas/feed.ts';
import { judgingSettings, riskLimitsOf } from '../../schemas/judged-figures.ts';

const Values = z.object(judgingSettings);

/** What is odd about the settings of the figures of the book's risk; what is wrong stops the start elsewhere. */
export function riskWarnings(
  settings: Readonly<Record<string, string>>,
  feeds: readonly FeedName[],
): readonly string[] {
  const values = Values.safeParse(settings).data;
  if (values === undefined) return [];
  return [...withoutFeed(values, feeds), ...neverReached(values)];
}

/** They are computed with the clusters, and nowhere else. */
function withoutFeed(values: z.output<typeof Values>, feeds: readonly FeedName[]): readonly string[] {
  if (feeds.includes('cluster')) return [];
  return riskFigures.flatMap((figure) => {
    const name = riskSettingOf[figure];
    if (values[name] === 'off') return [];
    if (values[name] === 'judge') {
      return `${name}=judge needs another process with the feeds market and cluster: without its figure nothing opens`;
    }
    return `${name} changes nothing here: its figure is computed where the feeds market and cluster run`;
  });
}

/** Correlated heat is never above the heat. */
function neverReached(values: z.output<typeof Values>): readonly string[] {
  if (values.RISK_CORRELATED_HEAT !== 'judge') return [];
  const [minName, maxName] = riskLimitsOf.correlated_heat;
  const pairs = [
    [minName, 'HEAT_MIN'],
    [maxName, 'HEAT_MAX'],
  ] as const;
  return pairs.flatMap(([name, threshold]) => {
    const limit = values[name];
    if (limit === undefined || limit < values[threshold]) return [];
    return `${name} (${limit}) decides nothing: expected less than ${threshold} (${values[threshold]}), which the heat reaches first`;
  });
}

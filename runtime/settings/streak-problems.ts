import type { FeedName } from '../../schemas/feed.ts';
import { quoted } from '../../schemas/setting.ts';
import { streakLimits } from '../../schemas/trades.ts';

/** A problem for each limit on losses in a row where the account is not read: nobody would count what trades realise. */
export function streakProblems(settings: Readonly<Record<string, string>>, feeds: readonly FeedName[]): string[] {
  if (feeds.includes('account')) return [];
  return streakLimits
    .filter((name) => (settings[name] ?? 'off').trim().toLowerCase() !== 'off')
    .map(
      (name) =>
        `${name}: expected FEEDS=account beside it, got ${quoted(settings[name] ?? '')}: that feed counts what trades ` +
        'realise. Where another process runs it, set the limit by portcullis policy set; GOV_MAX_DAILY_LOSS_PCT needs no feed',
    );
}

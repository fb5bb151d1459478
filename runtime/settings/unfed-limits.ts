import { riskSettingOf } from '../../schemas/book-risk.ts';
import type { FeedName } from '../../schemas/feed.ts';
import { quoted } from '../../schemas/setting.ts';
import { streakLimits } from '../../schemas/trades.ts';

type Texts = Readonly<Record<string, string>>;

/** A problem for each limit of the governor that rests on a figure nobody here computes: nothing would ever open. */
export function unfedLimits(settings: Texts, feeds: readonly FeedName[]): string[] {
  return [...unfedStreaks(settings, feeds), ...unfedCorrelation(settings)];
}

/** Losses in a row are counted where the account is read: nobody else knows what trades realise. */
function unfedStreaks(settings: Texts, feeds: readonly FeedName[]): string[] {
  if (feeds.includes('account')) return [];
  return streakLimits
    .filter((name) => !isOff(settings[name]))
    .map(
      (name) =>
        `${name}: expected FEEDS=account beside it, got ${quoted(settings[name] ?? '')}: that feed counts what trades ` +
        'realise. Where another process runs it, set the limit by portcullis policy set; GOV_MAX_DAILY_LOSS_PCT needs no feed',
    );
}

/** The governor adds an order to the correlated heat of the book, which is computed only where it is asked for. */
function unfedCorrelation(settings: Texts): string[] {
  const limit = settings.GOV_MAX_CORRELATED_HEAT_PCT;
  const figure = riskSettingOf.correlated_heat;
  if (isOff(limit) || !isOff(settings[figure])) return [];
  return [
    `GOV_MAX_CORRELATED_HEAT_PCT: expected ${figure}=report or judge beside it, got ${quoted(limit ?? '')}: without that ` +
      'figure nothing opens. Where another process computes it, set both here too',
  ];
}

function isOff(text: string | undefined): boolean {
  return (text ?? 'off').trim().toLowerCase() === 'off';
}

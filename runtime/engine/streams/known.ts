import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import type { FeedSettings } from '../../settings/feed-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { LaneRef } from './lanes.ts';

/** What a process knows of the gates of its portfolios, also of those that other processes run. */
export interface Known {
  /** Every handler there is. */
  readonly handlers: readonly AnyHandler[];
  /** The environment's texts by name. */
  readonly environment: Overrides;
  /** What the feeds were told; undefined where nothing is known of them. */
  readonly feeds: FeedSettings | undefined;
  /** The lanes of all handlers but those of feeds that are off. */
  lanesOf(portfolio: Portfolio): readonly LaneRef[];
}

/** The handler of a name; throws where there is none. */
export function handlerNamed(handlers: readonly AnyHandler[], name: string): AnyHandler {
  const handler = handlers.find((one) => one.name === name);
  if (handler === undefined) throw new Error(`expected a handler ${name}, got none`);
  return handler;
}

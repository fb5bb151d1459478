import { z } from 'zod';
import { type FeedName, feedNames } from '../feed.ts';

/** The feed in the path of a change of it. */
export const OfFeed = z.object({ feed: z.enum(feedNames as [FeedName, ...FeedName[]]) });

/** Who asks the exchange now. */
export const FeedAsked = z
  .object({ feed: z.enum(feedNames as [FeedName, ...FeedName[]]), worker: z.string().describe('The worker that asks') })
  .meta({ id: 'FeedAsked' });

/** A parsed `FeedAsked`. */
export type FeedAsked = z.output<typeof FeedAsked>;

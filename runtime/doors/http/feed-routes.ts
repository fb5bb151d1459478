import { BecauseBody } from '../../../schemas/api/change.ts';
import { FeedAsked, OfFeed } from '../../../schemas/api/feed.ts';
import { onPortfolio } from './change.ts';
import { type Route, route } from './route.ts';

/** `POST /v1/feeds/{feed}/ask`: the exchange is asked at once. */
export const feedAskRoute: Route = route({
  method: 'POST',
  url: '/feeds/:feed/ask',
  schema: {
    tags: ['Changes'],
    summary: 'Make a feed ask the exchange at once',
    description:
      'Refused (409) while the exchange takes no request, within five seconds of the last ask, and where no running process collects the feed. What came of it is in the overview.',
    params: OfFeed,
    body: BecauseBody,
    response: FeedAsked,
  },
  async answer(context, { params, body, query }) {
    return await onPortfolio(context, query, (operations) => operations.askFeed(params.feed, body));
  },
});

import { ActionPreview, PreviewBody } from '../../../schemas/api/preview.ts';
import { previewOf } from '../../desk/operations/preview/index.ts';
import { streamsOf } from '../../engine/streams/lanes.ts';
import { CHANGE_DEADLINE_MS, unlessRefused } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { portfolioFirst, type Route, route } from './route.ts';

/** `POST /v1/preview`: what a change would do, in words for whoever has to confirm it. It changes nothing. */
export const previewRoute: Route = route({
  method: 'POST',
  url: '/preview',
  schema: {
    tags: ['Changes'],
    summary: 'What a change would do, in words for whoever confirms it',
    body: PreviewBody,
    response: ActionPreview,
    refusals: [409],
  },
  config: { changesNothing: true },
  first: portfolioFirst,
  async answer(context, { body, query }) {
    const { runtime, portfolio, options } = contextFor(context, query);
    return await unlessRefused(() =>
      askRedis(
        { runtime, portfolio },
        (redis) => {
          const streams = streamsOf(options.known.lanesOf(portfolio), portfolio);
          return previewOf({ redis, portfolio, runtime, known: options.known, streams }, body);
        },
        CHANGE_DEADLINE_MS,
      ),
    );
  },
});

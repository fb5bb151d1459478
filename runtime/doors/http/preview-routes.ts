import type { FastifyPluginAsync } from 'fastify';
import { type ActionPreview, PreviewBody } from '../../../schemas/api/preview.ts';
import { previewOf } from '../../desk/operations/preview/index.ts';
import { streamsOf } from '../../engine/streams/lanes.ts';
import { CHANGE_DEADLINE_MS, unlessRefused } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { bodyInput } from './input.ts';

/** `POST /v1/preview`: what a change would do, in words for whoever has to confirm it. It changes nothing. */
export function registerPreviewRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    const asks = { config: { changesNothing: true } } as const;
    app.post('/preview', asks, async ({ body, query }): Promise<ActionPreview> => {
      const own = contextFor(context, query);
      const asked = bodyInput(PreviewBody, body);
      const { runtime, portfolio, options } = own;
      return await unlessRefused(() =>
        askRedis(
          own,
          (redis) => {
            const streams = streamsOf(options.known.lanesOf(portfolio), portfolio);
            return previewOf({ redis, portfolio, runtime, known: options.known, streams }, asked);
          },
          CHANGE_DEADLINE_MS,
        ),
      );
    });
  };
}

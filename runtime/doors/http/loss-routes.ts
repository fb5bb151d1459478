import { BecauseBody } from '../../../schemas/api/change.ts';
import { KeptLossesAnswer, LossConfirmedAnswer, LossReleasedAnswer } from '../../../schemas/api/loss.ts';
import { CHANGE_DEADLINE_MS, onPortfolio, operationsIn } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/loss`: what `portcullis loss` shows. */
export const lossRoute: Route = route({
  method: 'GET',
  url: '/loss',
  schema: { tags: ['Now'], summary: 'What losses are counted against, and what is held', response: KeptLossesAnswer },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    return await askRedis(own, () => operationsIn(own).losses(), CHANGE_DEADLINE_MS);
  },
});

/** `POST /v1/loss/release`: lets plans open again. */
export const lossReleaseRoute: Route = route({
  method: 'POST',
  url: '/loss/release',
  schema: {
    tags: ['Changes'],
    summary: 'Let plans open again after a loss limit was reached',
    body: BecauseBody,
    response: LossReleasedAnswer,
  },
  async answer(context, { body, query }) {
    return await onPortfolio(context, query, (operations) => operations.releaseLoss(body));
  },
});

/** `POST /v1/loss/confirm`: lets plans open again after marks of losses were lost. */
export const lossConfirmRoute: Route = route({
  method: 'POST',
  url: '/loss/confirm',
  schema: {
    tags: ['Changes'],
    summary: 'Let plans open again after marks of losses were lost',
    body: BecauseBody,
    response: LossConfirmedAnswer,
  },
  async answer(context, { body, query }) {
    return await onPortfolio(context, query, (operations) => operations.confirmLoss(body));
  },
});

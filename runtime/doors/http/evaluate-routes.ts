import type { FastifyPluginAsync } from 'fastify';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { ManyQuestions, Question } from '../../../schemas/evaluation.ts';
import { type Answer, evaluate, QuestionError } from '../../desk/evaluate/index.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { bodyInput } from './input.ts';

const DEADLINE_MS = 10_000;

/** `POST /v1/evaluate`: what a gate would say of an entry, or of each of a list; nothing is written. */
export function registerEvaluateRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.post('/evaluate', { config: { changesNothing: true } }, async ({ body, query }) => {
      const own = contextFor(context, query);
      if (Array.isArray(body)) return await answered(own, bodyInput(ManyQuestions, body));
      const [answer] = await answered(own, [bodyInput(Question, body)]);
      return answer;
    });
  };
}

/** Limits in force are known where the gate runs. */
async function answered(context: HttpContext, questions: Parameters<typeof evaluate>[2]): Promise<Answer[]> {
  const { runtime, portfolio } = context;
  const { handlers } = runtime;
  const asked = { handlers, settingsOf: ({ name }: AnyHandler) => runtime.settingsOf(name) };
  try {
    return await askRedis(context, async (redis) => await evaluate(redis, portfolio, questions, asked), DEADLINE_MS);
  } catch (error) {
    if (error instanceof QuestionError) throw new HttpError(400, error.message);
    throw error;
  }
}

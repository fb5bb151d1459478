import type { FastifyPluginAsync } from 'fastify';
import { type EvaluatedGate, ManyQuestions, Question } from '../../../schemas/evaluation.ts';
import { type Answer, evaluate, QuestionError } from '../../desk/evaluate/index.ts';
import type { EvaluatedHandler } from '../../desk/evaluate/limits.ts';
import type { Runtime } from '../../engine/status/types.ts';
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

async function answered(context: HttpContext, questions: Parameters<typeof evaluate>[2]): Promise<Answer[]> {
  const { runtime, portfolio } = context;
  const askingOf = (gate: EvaluatedGate) => asking(runtime, gate);
  try {
    return await askRedis(context, async (redis) => await evaluate(redis, portfolio, questions, askingOf), DEADLINE_MS);
  } catch (error) {
    if (error instanceof QuestionError) throw new HttpError(400, error.message);
    throw error;
  }
}

/** Limits in force are known where the gate runs. */
function asking({ handlers, settingsOf }: Runtime, gate: EvaluatedGate): EvaluatedHandler {
  const handler = handlers.find(({ name }) => name === gate);
  if (handler !== undefined) return { handler, settings: settingsOf(gate) };
  throw new HttpError(400, `gate: expected one that runs in this process, got ${gate}`);
}

import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { EvaluationAnswers } from '../../../schemas/api/plan.ts';
import { Questions } from '../../../schemas/evaluation.ts';
import { type Answer, evaluate, QuestionError, readQuestions } from '../../desk/evaluate/index.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { portfolioFirst, type Route, route } from './route.ts';

const DEADLINE_MS = 10_000;

/** `POST /v1/evaluate`: what a gate would say of an entry, or of each of a list; nothing is written. */
export const evaluateRoute: Route = route({
  method: 'POST',
  url: '/evaluate',
  schema: {
    tags: ['Decisions'],
    summary: 'What a gate would decide about an entry, or about each of a list',
    body: Questions,
    response: EvaluationAnswers,
  },
  config: { changesNothing: true, forAgents: true },
  first: portfolioFirst,
  async answer(context, { body, query }) {
    const own = contextFor(context, query);
    const answers = await answered(own, Array.isArray(body) ? body : [body]);
    const [only] = answers;
    return Array.isArray(body) || only === undefined ? answers : only;
  },
});

/** A question that no gate can read is refused whether or not Redis is there. Limits in force are known where the gate runs. */
async function answered(context: HttpContext, questions: Parameters<typeof readQuestions>[0]): Promise<Answer[]> {
  const { runtime, portfolio } = context;
  const settingsOf = ({ name }: AnyHandler) => runtime.settingsOf(name);
  try {
    const read = readQuestions(questions, runtime.handlers);
    return await askRedis(context, async (redis) => await evaluate(redis, portfolio, read, settingsOf), DEADLINE_MS);
  } catch (error) {
    if (error instanceof QuestionError) throw new HttpError(400, error.message);
    throw error;
  }
}

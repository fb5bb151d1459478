import { type Command, Option } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { Hypothesis, Question } from '../../../schemas/evaluation.ts';
import { issuesText } from '../../../schemas/issues.ts';
import { parseJson } from '../../../schemas/json.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { quoted } from '../../../schemas/setting.ts';
import { type Answer, evaluate, QuestionError, type ReadQuestion, readQuestions } from '../../desk/evaluate/index.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { cleanEnvironment, type Environment } from '../../settings/environment.ts';
import { usageError } from './errors.ts';
import { answerText } from './evaluate-text.ts';
import { textFile } from './files.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { withSession } from './session.ts';
import { askable, valued } from './values.ts';

interface EvaluateOptions extends CommonOptions {
  readonly gate?: string;
  readonly file?: string;
  readonly state?: string;
}

const ASKED = 'the gate to ask (default: the heat gate about an exit, else the governor)';

/** `evaluate`: what the gates would say of an entry now, or in a state that is supposed; writes nothing. */
export function evaluateCommand(program: Command, io: Io): void {
  withCommonOptions(
    program.command('evaluate').description('what the gates would say of a plan or an exit, without writing anything'),
  )
    .argument('[fields...]', 'the entry, as name=value')
    .addOption(valued(new Option('--gate <gate>', ASKED), askable))
    .option('--file <path>', 'entries as JSON lines instead (-: standard input)')
    .option('--state <suppose>', 'name=value,name=value or JSON: what to suppose instead of what is')
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis evaluate symbol=BTCUSDT action=OPEN side=BUY qty=0.001 price=60000' +
        '\n  $ portcullis evaluate symbol=ETHUSDT action=FULL_CLOSE --state heat=0.7' +
        '\n  $ portcullis evaluate --gate my-gate symbol=BTCUSDT plan_id=p1' +
        '\n  $ portcullis evaluate --file plans.jsonl --json | jq -r .verdict' +
        '\n\nLimits and modes are those in force in the workers. docs/explain.md has more.',
    )
    .action(async (fields: string[], options: EvaluateOptions) => {
      const asked = await questionsOf(io, fields, options);
      const handlers = await loadHandlers();
      const questions = readOrRefused(asked, handlers);
      await withSession(io, options, async ({ redis, portfolio }) => {
        const settingsOf = (handler: AnyHandler) => settingsIn(io.environment, handler);
        const answers = await evaluate(redis, portfolio, questions, settingsOf).catch(asUsageError);
        const said = options.json === true ? linesOf(answers) : answers.map((one) => answerText(one, handlers));
        io.out(said.join(options.json === true ? '' : '\n'));
      });
    });
}

function linesOf(answers: readonly Answer[]): readonly string[] {
  return answers.map((answer) => `${JSON.stringify(answer)}\n`);
}

async function questionsOf(io: Io, fields: readonly string[], options: EvaluateOptions): Promise<Question[]> {
  const state = options.state === undefined ? undefined : hypothesisOf(options.state);
  const supposed = (question: Question): Question => ({
    ...(options.gate !== undefined && { gate: options.gate }),
    ...question,
    ...(state !== undefined && { state: { ...question.state, ...state } }),
  });
  if (options.file === undefined) {
    if (fields.length === 0) throw usageError('expected fields as name=value, or --file, got neither');
    return [supposed({ entry: pairsOf(fields) })];
  }
  if (fields.length > 0) throw usageError('expected fields or --file, got both');
  const text = options.file === '-' ? await io.input() : await textFile('--file', options.file);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw usageError('expected at least one line of JSON, got none');
  return lines.map((line, at) => supposed(questionOf(line, at + 1)));
}

/** A line is a question with its `entry`, or the bare entry. */
function questionOf(line: string, number: number): Question {
  const value = parseJson(line);
  const isWhole = typeof value === 'object' && value !== null && 'entry' in value;
  const parsed = Question.safeParse(isWhole ? value : { entry: value });
  if (parsed.success) return parsed.data;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageError(`line ${number}: expected a JSON object of fields, got ${quoted(line)}`);
  throw usageError(`line ${number}: ${issuesText(parsed.error)}`);
}

function hypothesisOf(text: string): Hypothesis {
  const value = text.trim().startsWith('{') ? parseJson(text) : typed(pairsOf(text.split(',')));
  if (value === undefined) throw usageError(`--state: expected JSON or name=value,name=value, got ${quoted(text)}`);
  const parsed = Hypothesis.safeParse(value);
  if (parsed.success) return parsed.data;
  const names = Object.keys(Hypothesis.shape).join(', ');
  throw usageError(`--state: expected some of ${names}, got ${quoted(text)} (${issuesText(parsed.error)})`);
}

/** Words that spell a number or a boolean are one. */
function typed(pairs: Readonly<Record<string, string>>): Record<string, string | number | boolean> {
  const value = (text: string) => (text === 'true' || text === 'false' ? text === 'true' : (parseNumber(text) ?? text));
  return Object.fromEntries(Object.entries(pairs).map(([name, text]) => [name, value(text)]));
}

function pairsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw usageError(`expected name=value, got ${JSON.stringify(text)}`);
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    }),
  );
}

function settingsIn(environment: Environment, { gate, settings }: AnyHandler): unknown {
  const parsed = settings.safeParse(cleanEnvironment(environment));
  if (parsed.success) return parsed.data;
  throw usageError(`the settings of ${gate}: ${issuesText(parsed.error)}`);
}

function readOrRefused(questions: readonly Question[], handlers: readonly AnyHandler[]): readonly ReadQuestion[] {
  try {
    return readQuestions(questions, handlers);
  } catch (error) {
    return asUsageError(error);
  }
}

function asUsageError(error: unknown): never {
  if (error instanceof QuestionError) throw usageError(error.message);
  throw error;
}

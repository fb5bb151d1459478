import type { LimitView } from '../../../schemas/api/policy.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { type PolicyGate, policyProblems, valuesUnder } from '../../engine/policy/policy-gate.ts';

/** Text that no setting takes which takes not all text. */
const NONSENSE = '\u0000';

/** What a limit is about and may be, in the words of its declaration. */
type LimitWords = Required<Pick<LimitView, 'default' | 'expected' | 'choices'>> & Pick<LimitView, 'meaning' | 'unit'>;

/**
 * Says of a limit what it is about and may be: the message with which its own schema refuses nonsense says what is
 * expected, and where that is a list of words of which it takes each, they are choices.
 */
export function limitWords(about: PolicyGate, environment: Overrides): (name: string) => LimitWords {
  const defaults = valuesUnder(about, {}, {});
  const checks = Object.assign({}, ...about.handlers.map((handler) => handler.checks ?? {})) as Readonly<
    Record<string, { readonly name: string; readonly unit?: string; readonly setting?: string }>
  >;
  return (name) => {
    const expected = /: expected (.*), got /s.exec(refusal(about, environment, name, NONSENSE) ?? '')?.[1] ?? '';
    const check = Object.values(checks).find(({ setting }) => setting === name);
    return {
      default: defaults[name] ?? '',
      expected,
      choices: choicesOf(expected, (word) => refusal(about, environment, name, word) === undefined),
      ...(check !== undefined && { meaning: check.name }),
      ...(check?.unit !== undefined && { unit: check.unit }),
    };
  };
}

/** Why a limit may not be this text; undefined where it may. */
function refusal(about: PolicyGate, environment: Overrides, name: string, text: string): string | undefined {
  return policyProblems(about, environment, { [name]: text }).find((line) => line.startsWith(`${name}: `));
}

function choicesOf(expected: string, isTaken: (word: string) => boolean): readonly string[] {
  const words = expected.split(/, | or /);
  if (words.length < 2 || !words.every((word) => /^\S+$/.test(word) && isTaken(word))) return [];
  return words.includes('true') && words.includes('false') ? ['true', 'false'] : words;
}

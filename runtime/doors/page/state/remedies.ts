import { INPUTS } from '../text/problem-words.ts';
import { hashOf, type PageName } from './hash.ts';
import type { Overview, Problem } from './wire.ts';

/** A change that a click asks for. */
export type Act = 'release' | 'go on' | 'arm' | 'release losses' | 'confirm losses' | 'ask feed';

/** What a click does about a problem: asks for a change, or goes to the thing. */
export type Remedy = { readonly act: Act } | { readonly word: string; readonly href: string };

/** What of a portfolio decides what can be done about its problems. */
export interface Where {
  /** The portfolio; undefined where only one is served. */
  readonly portfolio: string | undefined;
  /** Whether what is kept of losses waits to be confirmed. */
  readonly isLossUnconfirmed: boolean;
  /** Whether nothing was ever reported of it. */
  readonly isUnused: boolean;
}

/** Whether nobody has ever reported an account or a position. */
export function isUnused(now: Pick<Overview, 'equity_usd' | 'state_age_sec' | 'positions'>): boolean {
  return now.equity_usd === null && now.state_age_sec === null && now.positions.length === 0;
}

type Params = Readonly<Record<string, string | undefined>>;
type Place = readonly [word: string, page: PageName, params?: Params];
type Found = Act | Place;
type Finder = (rest: string, problem: Problem, where: Where) => Found;

const DOCTOR: Place = ['Look at it', 'operations', { at: 'doctor' }];
const feeds: Finder = () => ['Look at it', 'overview', { at: 'feeds' }];
const activation: Finder = (gate) => ['Look at it', 'shadow', { gate, at: 'activation' }];
const plan: Finder = (_, problem) => ['Explain the plan', 'decisions', { plan: problem.plan }];
const limits: Finder = (gate) => ['Look at it', 'operations', { at: 'policy', gate }];

/** By the first words of a problem's key; the rest of it is what it is about. */
const FINDERS: readonly (readonly [begins: string, find: Finder])[] = [
  ['kill', () => 'release'],
  ['halted', () => 'go on'],
  ['reducing', () => 'go on'],
  ['disarmed', () => 'arm'],
  [
    'loss unknown',
    (_, __, { isLossUnconfirmed }) =>
      isLossUnconfirmed ? 'confirm losses' : ['Look at it', 'operations', { at: 'switches' }],
  ],
  ['loss', () => 'release losses'],
  ['limit', (_, { setting }) => ['Change the limit', 'operations', { at: 'policy', limit: setting }]],
  [INPUTS, (_, __, where) => (where.isUnused ? ['How to report it', 'overview', { at: 'start' }] : DOCTOR)],
  ['restored', () => ['Look at it', 'operations', { at: 'switches' }]],
  ['risk unknown', () => ['Look at it', 'overview', { at: 'risk' }]],
  ['exposure unknown', () => ['Look at them', 'overview', { at: 'positions' }]],
  ['heat unknown', () => ['Look at it', 'overview', { at: 'heat' }]],
  ['figure unknown', () => ['Look at it', 'overview', { at: 'risk' }]],
  ['stream', deadLetters],
  ['mode', () => ['Choose a mode', 'operations', { at: 'modes' }]],
  ['limits', limits],
  ['policy', limits],
  ['feed', () => 'ask feed'],
  ['account events', feeds],
  ['account trust', feeds],
  ['market trading', feeds],
  ['market sigma', feeds],
  ['difference', feeds],
  ['permits', plan],
  ['executions', plan],
  ['softened exits', plan],
  ['rolled back', activation],
  ['unwatched', activation],
  ['watched', activation],
];

/** What a click does about a problem. One that nothing is known of leads to all that the doctor found. */
export function remedyOf(problem: Problem, where: Where): Remedy {
  const { key } = problem;
  const [begins, find] = FINDERS.find(([words]) => key === words || key.startsWith(`${words} `)) ?? [];
  const found = find?.(key.slice((begins ?? '').length + 1), problem, where) ?? DOCTOR;
  if (typeof found === 'string') return { act: found };
  const [word, page, params = {}] = found;
  return { word, href: hashOf(page, { portfolio: where.portfolio, ...params }) };
}

/** Messages that were set aside are looked at where they are dealt with; a stream with another problem, at the doctor's. */
function deadLetters(stream: string, { do: todo }: Problem): Found {
  return todo.startsWith('portcullis dlq ') ? ['Look at it', 'operations', { at: 'dead-letters', stream }] : DOCTOR;
}

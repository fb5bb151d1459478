import { signal } from '@preact/signals';
import type { ModeOf } from '../text/gate-modes.ts';
import { modeWords, wordToType } from '../text/words.ts';
import { chosenPortfolio, servesSeveral } from './address.ts';
import { send } from './api.ts';
import type { PreviewBody } from './wire.ts';

/** A change that somebody has asked for and not confirmed yet. */
export interface Action {
  readonly title: string;
  /** What the button that does it says. */
  readonly verb: string;
  readonly path: string;
  /** The body without the reason. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The portfolio it is done to, where that is not the one on the page. */
  readonly portfolio?: string;
  /** Whether it is done to all portfolios at once, unless the one on the page is chosen. */
  readonly isForAll?: boolean;
  /** What to ask the server for scope, effect and count; `undefined` where `says` has them. */
  readonly preview: PreviewBody | undefined;
  /** What else there is to know before it is done. */
  readonly says?: string;
  /** The word to type before it is done. */
  readonly word?: string | undefined;
  /** Whether it makes something live or is hard to undo. */
  readonly isDangerous: boolean;
  /** Reasons that can be chosen with one tap. */
  readonly reasons?: readonly string[];
  readonly onDone?: () => void;
  /** What the answer came to for a portfolio, in words; that it was done, where nothing is said. */
  readonly outcomeOf?: (answer: unknown, portfolio: string | undefined) => ActionResult;
}

/** What was done in words, and whether it came out as it should. */
export interface ActionResult {
  readonly text: string;
  readonly isWell: boolean;
}

/** The change that waits for its confirmation. */
export const asked = signal<Action | undefined>(undefined);

/** What was done last, in words, for the line that says so. */
export const done = signal<(ActionResult & { readonly at: number }) | undefined>(undefined);

/** The portfolios that a change is done to: all that are served, or the one on the page. */
export type Scope = 'all' | 'one';

/** Does what was asked for. Throws `RequestError`. */
export async function perform(action: Action, reason: string, scope: Scope): Promise<void> {
  const portfolio = action.portfolio ?? chosenPortfolio.value;
  const to = { portfolio: scope === 'all' ? undefined : portfolio };
  const answer = await send<unknown>(action.path, { ...action.body, reason }, to);
  const where = scope === 'one' && servesSeveral.value ? `, ${portfolio}` : '';
  const outcome = action.outcomeOf?.(answer, portfolio) ?? { text: `Done: ${action.title}${where}`, isWell: true };
  done.value = { ...outcome, at: Date.now() };
  action.onDone?.();
}

/** What a kill switch was and is; not `recorded` where the ops ledger could not be written. */
interface Switched {
  /** Where it was turned on for several portfolios. */
  readonly portfolio?: string;
  readonly before: 'on' | 'off';
  readonly after: 'on' | 'off';
  readonly recorded: boolean;
}

/** Stopping everything. */
export const kill: Action = {
  title: 'Turn the kill switch on',
  verb: 'Stop everything',
  path: '/v1/kill',
  body: { state: 'on' },
  preview: { action: 'kill' },
  isForAll: true,
  outcomeOf: killOutcome,
  isDangerous: true,
  reasons: ['the exchange misbehaves', 'a strategy misbehaves', 'stopped to look into it'],
};

/** Letting plans get permits again. */
export const release: Action = {
  title: 'Release the kill switch',
  verb: 'Release',
  path: '/v1/kill',
  body: { state: 'off' },
  preview: { action: 'release' },
  outcomeOf: killOutcome,
  word: 'RELEASE',
  isDangerous: true,
};

/** Letting plans open again after a loss limit was reached. */
export const releaseLoss: Action = {
  title: 'Release the loss latch',
  verb: 'Release',
  path: '/v1/loss/release',
  body: {},
  preview: { action: 'loss_release' },
  word: 'RELEASE',
  isDangerous: true,
};

/** Letting plans open again by what is kept of losses, after marks of them were lost. */
export const confirmLoss: Action = {
  title: 'Confirm what is kept of losses',
  verb: 'Confirm',
  path: '/v1/loss/confirm',
  body: {},
  preview: { action: 'loss_confirm' },
  word: 'CONFIRM',
  isDangerous: true,
};

/** Refusing plans that open a position. */
export const disarm: Action = {
  title: 'Disarm the governor',
  verb: 'Disarm',
  path: '/v1/disarm',
  body: {},
  preview: { action: 'disarm' },
  isDangerous: false,
};

/** Taking plans that open a position again. */
export const arm: Action = {
  title: 'Arm the governor',
  verb: 'Arm',
  path: '/v1/arm',
  body: {},
  preview: { action: 'arm' },
  isDangerous: true,
};

/** Another trading state. */
export function tradingState(state: 'ACTIVE' | 'REDUCING' | 'HALTED'): Action {
  return {
    title: `Set the trading state to ${state}`,
    verb: `Set ${state}`,
    path: '/v1/state',
    body: { trading_state: state },
    preview: { action: 'state', trading_state: state },
    isDangerous: state !== 'REDUCING',
  };
}

/** Making the feed that a problem is about (`feed NAME`) ask the exchange at once. */
export function askFeed({ key }: { readonly key: string }): Action {
  const feed = key.slice('feed '.length);
  return {
    title: `Ask the exchange again for the feed ${feed}`,
    verb: 'Ask now',
    path: `/v1/feeds/${encodeURIComponent(feed)}/ask`,
    body: {},
    preview: undefined,
    says: 'The process that collects it asks at once, instead of when its wait is over. Nothing else is changed.',
    isDangerous: false,
    reasons: ['the exchange answers again', 'to see what it says now'],
    outcomeOf: () => ({ text: `The exchange is asked for the feed ${feed} now`, isWell: true }),
  };
}

/** Letting a strategy open nothing, or letting it open again. */
export function strategyPause(strategy: string, pauses: boolean, onDone: () => void): Action {
  const verb = pauses ? 'pause' : 'resume';
  return {
    title: `${pauses ? 'Pause' : 'Resume'} the strategy ${strategy}`,
    verb: pauses ? 'Pause' : 'Resume',
    path: `/v1/strategies/${encodeURIComponent(strategy)}/${verb}`,
    body: {},
    preview: { action: `strategy_${verb}`, strategy },
    isDangerous: !pauses,
    onDone,
  };
}

/** Another mode of a gate; one that makes it act wants its word typed. */
export function mode(gate: string, { mode: to, isSilent }: ModeOf): Action {
  const { word } = modeWords(to);
  const typed = wordToType(to, isSilent);
  return {
    title: `Set ${gate} to ${word}`,
    verb: `Set ${word}`,
    path: '/v1/mode',
    body: { gate, mode: to },
    preview: { action: 'mode', gate, mode: to },
    word: typed,
    isDangerous: typed !== undefined,
  };
}

/** What the kill switch of one portfolio came to, or that of each, and whether the ledger has it. */
function killOutcome(answer: unknown, portfolio: string | undefined): ActionResult {
  const switched = [answer as Switched | readonly Switched[]].flat();
  const one = servesSeveral.value ? ` for ${portfolio} alone` : '';
  const where = Array.isArray(answer) ? ` for ${switched.map(portfolioText).join(', ')}` : one;
  const text = `Kill switch ${switched.map(({ after }) => after)[0]}${where}`;
  if (switched.every(({ recorded }) => recorded)) return { text, isWell: true };
  return { text: `${text}, but the ops ledger could not be written: see portcullis doctor`, isWell: false };
}

function portfolioText({ portfolio, before, after }: Switched): string {
  return `${portfolio}${before === after ? ` (was ${before})` : ''}`;
}

import type { Strategy } from '../../../schemas/strategy.ts';
import { rulesInWords } from '../../market/player/rules-in-words.ts';
import type { MakeTrader } from '../../market/player/trader.ts';

/** Who proposes, where it is not the rules: a module of the user's, or recorded proposals; with the SHA-256 of its file. */
export interface ProposedBy {
  readonly kind: 'module' | 'proposals';
  readonly file: string;
  readonly sha256: string;
}

/** What is played on candles: a strategy, by which name, and who proposes where its rules do not. */
export interface PlayedStrategy {
  readonly strategy: Strategy;
  readonly named: string;
  readonly trader?: MakeTrader;
  readonly proposedBy?: ProposedBy;
}

const SOFTENING =
  'exits are executed as the heat gate says where it is in enforce; in shadow they are as proposed, and the part that a ' +
  'softened exit would have kept is marked from its close to that of the next exit of its symbol, a day later at most';

/** The rules by which it is played, in words. */
export function playRules({ strategy, proposedBy }: PlayedStrategy): Readonly<Record<string, string>> {
  const rules = rulesInWords(strategy);
  if (proposedBy === undefined) return { ...rules, softening: SOFTENING };
  const { core_book, volatility, fills, funding } = rules;
  const { kind, file, sha256 } = proposedBy;
  const whose =
    kind === 'module' ? `what ${file} proposes, asked each hour` : `those of ${file}, each at the close of its hour`;
  const proposals = `${whose} from the first with a volatility on; one position a symbol, closes first; SHA-256 ${sha256}`;
  return { core_book, volatility, proposals, fills, funding, softening: SOFTENING };
}

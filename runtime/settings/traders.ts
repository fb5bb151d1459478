import { z } from 'zod';
import type { Setting } from '../../schemas/setting.ts';
import { alternatives, quoted } from '../../schemas/setting.ts';
import { identifierProblem } from '../../schemas/wire.ts';

/** A token that may ask for permits in the name of one strategy, and nothing else; that of an agent looks and tightens too. */
export interface TraderToken {
  readonly strategy: string;
  /** The prefix of its portfolio; `undefined`: the only one served. */
  readonly portfolio: string | undefined;
  readonly token: string;
  /** Whether it is one of `AGENT_TOKENS`. */
  readonly agent?: true;
}

const FORM = 'strategy:token or strategy@portfolio:token';

/** `TRADER_TOKENS`, `AGENT_TOKENS`: a comma list. What is wrong is told by its place: no message says a token. */
export function traderTokensSetting(): Setting<readonly TraderToken[]> {
  return z
    .string()
    .optional()
    .transform((text = '', context): readonly TraderToken[] => {
      const words = text.split(',').map((word) => word.trim());
      const items = words.filter((word) => word !== '').map(traderToken);
      items.forEach((item, index) => {
        if (item === undefined)
          context.addIssue({
            code: 'custom',
            message: `expected ${FORM} in a comma list, tokens of printable ASCII without blanks, "," and ":", got something else as item ${index + 1}`,
          });
      });
      return items.filter((item) => item !== undefined);
    });
}

/** What is wrong with them beside the other settings, each a line. */
export function traderProblems(
  name: 'TRADER_TOKENS' | 'AGENT_TOKENS',
  traders: readonly TraderToken[],
  { portfolios, others, leastToken }: { portfolios: readonly string[]; others: readonly string[]; leastToken: number },
): string[] {
  return traders.flatMap(({ strategy, portfolio, token }, index) => {
    const whose = `${name}: item ${index + 1} (${strategy})`;
    const isTaken = others.includes(token) || traders.some((one, at) => at < index && one.token === token);
    return [
      ...(portfolio === undefined && portfolios.length > 1
        ? [`${whose}: expected strategy@portfolio with ${alternatives(portfolios)}, got no portfolio`]
        : []),
      ...(portfolio !== undefined && !portfolios.includes(portfolio)
        ? [`${whose}: expected a portfolio of ${alternatives(portfolios)}, got ${quoted(portfolio)}`]
        : []),
      ...(isTaken ? [`${whose}: expected a token of its own, got one that somebody else has`] : []),
      ...(token.length < leastToken
        ? [
            `${whose}: expected a token of at least ${leastToken} characters where others can guess it, got ${token.length}`,
          ]
        : []),
    ];
  });
}

function traderToken(word: string): TraderToken | undefined {
  const [, who = '', token = ''] = /^(.*):([!-+\--9;-~]+)$/.exec(word) ?? [];
  const at = who.indexOf('@');
  const [strategy, portfolio] = at < 0 ? [who, undefined] : [who.slice(0, at), who.slice(at + 1)];
  const isWhole = token !== '' && identifierProblem(strategy) === undefined && portfolio !== '';
  return isWhole ? { strategy, portfolio, token } : undefined;
}

import type { Mutation } from './mutation.ts';

const LIMITS = 'handlers/governor/order-limits.ts';

/** The limits of the governor that are off unless set. */
export const orderLimitMutations: readonly Mutation[] = [
  {
    breaks: 'a symbol that is not listed is not opened',
    file: LIMITS,
    from: "listed ? undefined : 'symbol_not_allowed'",
    to: 'listed ? undefined : undefined',
    test: 'test/handlers/governor/order-limits.test.ts',
    dies: 'symbols that may be opened let a listed one pass and no other',
  },
  {
    breaks: 'a price at the collar passes',
    file: LIMITS,
    from: "return atMost('price_collar', away, percent,",
    to: "return atMost('price_collar', away + 1e-9, percent,",
    test: 'test/handlers/governor/price-collar.test.ts',
    dies: 'the price of a plan 1 % above the mark',
  },
  {
    breaks: 'a collar without a mark lets nothing open',
    file: LIMITS,
    from: "gaps.push('mark_price');",
    to: 'gaps.push(...[]);',
    test: 'test/handlers/governor/price-collar.test.ts',
    dies: 'the price of a plan beside no mark at all',
  },
  {
    breaks: 'a plan that says a notional alone is held to the quantity that buys',
    file: LIMITS,
    from: 'planUsd / lowest',
    to: 'planUsd / (lowest * 2)',
    test: 'test/handlers/governor/order-size.test.ts',
    dies: 'the quantity of a plan by a notional above it',
  },
  {
    breaks: 'what is reserved counts against the notional of its symbol',
    file: LIMITS,
    from: '(positionUsd ?? 0) + reservedUsd +',
    to: '(positionUsd ?? 0) +',
    test: 'test/handlers/governor/order-size.test.ts',
    dies: 'position, reservations and plan of a symbol count what was permitted',
  },
  {
    breaks: 'a decision is not judged again by a limit that had no figure then',
    file: LIMITS,
    from: 'return inForce.some((gate) =>',
    to: 'return false && inForce.some((gate) =>',
    test: 'test/handlers/rejudge.test.ts',
    dies: 'that was judged before an order limit was in force',
  },
  {
    breaks: 'a limit that is off is listed nowhere',
    file: 'schemas/governor-gates.ts',
    from: 'setBy.some((name) => settings[name] !== undefined)',
    to: 'setBy.length > 0',
    test: 'test/handlers/governor/unset-limits.test.ts',
    dies: 'with none of the limits that are off by default permits, blocks',
  },
];

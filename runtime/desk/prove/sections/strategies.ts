import { keys, streams } from '../../../../schemas/keys.ts';
import { jsonFields, type Stack } from '../stack.ts';
import type { Proof, Section } from './section.ts';

/** A tenth of the total cap of the original is 200 dollars. */
const LIMITS = {
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_STRATEGY_MAX_SHARE_PCT: 'proof-share:10',
  GOV_STRATEGY_MAX_POSITIONS: 'proof-positions:1',
  GOV_STRATEGY_MAX_PERMITS_PER_HOUR: 'proof-permits:1',
};
const RESULTS = { needs: ['governor', 'governor-results'] };
const WATCHED = { needs: ['governor', 'governor-watch'] };

/** Limits of strategies beside the caps of the portfolio: share, positions, permits in an hour, and the use they rest on. */
export const strategies: Section = {
  name: 'strategies',
  title: 'Limits of strategies',
  needs: ['governor'],
  run: async (proof) => {
    const { stack } = proof;
    await stack.mode('governor', 'testnet');
    await stack.state({ equity_usd: '10000', positions_count: '0' });
    await stack.limits('governor', LIMITS);
    await kept(proof);
    await share(proof);
    await others(proof);
    await executed(proof);
    await stack.limits('governor', {});
  },
};

async function kept({ list, stack }: Proof): Promise<void> {
  const since = async () => ((await use(stack, ':since')) === undefined ? undefined : 'kept');
  await list.settles('what strategies hold is kept once it is limited', 'kept', since, WATCHED);
}

async function share({ list, stack }: Proof): Promise<void> {
  await ask(stack, 'st1', 'proof-share', 'LTCUSDT', '150');
  await list.answers('an OPEN of 150 dollars within a share of 200: permit', 'permit', () => stack.verdict('st1'));
  await ask(stack, 'st2', 'proof-share', 'AVAXUSDT', '50.01');
  await list.answers('50.01 dollars more: block', 'strategy_notional_exceeded', () => stack.verdict('st2'));
  await ask(stack, 'st3', 'proof-other', 'AVAXUSDT', '50.01');
  await list.answers('the same of another strategy: permit', 'permit', () => stack.verdict('st3'));
  await stack.plan('st4', 'LTCUSDT', { action: 'FULL_CLOSE', qty: '1', strategy: 'proof-share' });
  await list.answers('a CLOSE passes the share', 'permit', () => stack.verdict('st4'));
}

async function others({ list, stack }: Proof): Promise<void> {
  await ask(stack, 'st5', 'proof-positions', 'LTCUSDT', '10');
  await list.answers('the first symbol of one that may hold one: permit', 'permit', () => stack.verdict('st5'));
  await ask(stack, 'st6', 'proof-positions', 'LINKUSDT', '10');
  await list.answers('a second symbol: block', 'strategy_positions_reached', () => stack.verdict('st6'));
  await ask(stack, 'st7', 'proof-permits', 'LTCUSDT', '10');
  await list.answers('the first OPEN of one that may have one an hour: permit', 'permit', () => stack.verdict('st7'));
  await ask(stack, 'st8', 'proof-permits', 'LTCUSDT', '10');
  await list.answers('a second OPEN: block', 'strategy_permits_exceeded', () => stack.verdict('st8'));
}

async function executed({ list, stack }: Proof): Promise<void> {
  await stack.add(streams.results, { plan_id: 'st1', symbol: 'LTCUSDT', executed: 'true' });
  const booked = async () => {
    const text = await use(stack, 'st1');
    if (text === undefined) return undefined;
    const { strategy, symbol, notional_usd } = jsonFields(text);
    return `${strategy} ${symbol} ${notional_usd}`;
  };
  await list.settles("what is executed is its strategy's", 'proof-share LTCUSDT 150', booked, RESULTS);
  await stack.add(streams.results, { plan_id: 'st5', symbol: 'LTCUSDT', executed: 'false', error: 'given back' });
  const reserved = async () => {
    const { redis, portfolio } = stack;
    return (await redis.hexists(portfolio.key(keys.reserved), 'st5')) === 1 ? 'reserved' : 'free';
  };
  await list.settles("what is not is nobody's", 'free', reserved, RESULTS);
  await ask(stack, 'st9', 'proof-positions', 'LINKUSDT', '10');
  await list.answers('and leaves room: permit', 'permit', () => stack.verdict('st9'));
}

async function ask(stack: Stack, planId: string, strategy: string, symbol: string, price: string): Promise<void> {
  await stack.plan(planId, symbol, { qty: '1', price, strategy });
}

async function use({ redis, portfolio }: Stack, field: string): Promise<string | undefined> {
  return (await redis.hget(portfolio.key(keys.strategyUse), field)) ?? undefined;
}

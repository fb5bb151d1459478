import { HOUR_SEC } from '../../../../schemas/duration.ts';
import { keys, streams } from '../../../../schemas/keys.ts';
import { setKill } from '../../switches/kill.ts';
import { arm, setTradingState } from '../../switches/trading-state.ts';
import { jsonFields, type Stack } from '../stack.ts';
import type { Proof, Section } from './section.ts';

const BY_PROOF = { actor: 'prove', reason: 'portcullis prove' } as const;
const PERMIT_SEC = 60;
const BLOCK_SEC = HOUR_SEC;

/** The governor: permits and blocks, fund caps, CLOSE past them, kill switch, trading state, production limits. */
export const governor: Section = {
  name: 'P3.2',
  title: 'P3.2 governor',
  needs: ['governor'],
  run: async (proof) => {
    const { stack } = proof;
    await stack.mode('governor', 'testnet');
    await stack.state({ equity_usd: '10000', positions_count: '0' });
    await permits(proof);
    await caps(proof);
    await portfolioCaps(proof);
    await switches(proof);
    await production(proof);
    await trail(proof);
  },
};

async function permits({ list, stack }: Proof): Promise<void> {
  await stack.plan('gv1', 'LTCUSDT', { qty: '1', price: '100' });
  await list.answers('OPEN of 100 dollars: permit', 'LTCUSDT EXECUTE 1 100 false', async () => {
    const text = await stack.text(keys.permit('gv1'));
    if (text === undefined) return undefined;
    const { symbol, decision, computed_qty, computed_notional, consumed } = jsonFields(text);
    return `${symbol} ${decision} ${computed_qty} ${computed_notional} ${consumed}`;
  });
  await list.answers('the permit lives 60 s', `${PERMIT_SEC} s`, () => stack.life(keys.permit('gv1'), PERMIT_SEC));
  await stack.plan('gv2', 'LTCUSDT', { qty: '1', price: '100' });
  await list.answers('the next OPEN of the symbol: cooldown', 'symbol_cooldown', () => stack.verdict('gv2'));
  await list.answers('the block lives 3600 s', `${BLOCK_SEC} s`, () => stack.life(keys.block('gv2'), BLOCK_SEC));
  await stack.plan('gv3', 'LTCUSDT', { action: 'PARTIAL_75_PROPOSED', qty: '1' });
  await list.answers('a CLOSE passes the cooldown', 'permit', () => stack.verdict('gv3'));
  await stack.plan('gv1', 'LTCUSDT', { qty: '1', price: '100' });
  const repeats = async () => (await eventsOf(stack, 'gv1')).find((event) => event === 'DUPLICATE');
  await list.answers('the same plan again: DUPLICATE', 'DUPLICATE', repeats);
  const taken = async () =>
    (await stack.redis.getdel(stack.portfolio.key(keys.permit('gv1')))) === null ? 'none' : 'permit';
  await list.answers('the executor takes the permit', 'permit', taken);
  await list.answers('and there is no second one', 'none', taken);
  await stack.plan('gv4', 'LTCUSDT', { action: 'HOLD' });
  await list.answers('HOLD: neither permit nor block', 'IGNORED', async () => (await eventsOf(stack, 'gv4'))[0]);
}

/** Fund caps as the original reports them: 200 dollars a trade. */
async function caps({ list, stack }: Proof): Promise<void> {
  const plan = async (name: string, planId: string, symbol: string, price: string, expected: string, qty = '1') => {
    await stack.plan(planId, symbol, { qty, price });
    await list.answers(name, expected, () => stack.verdict(planId));
  };
  await plan('200 dollars, the cap: permit', 'gv5', 'AVAXUSDT', '200', 'permit');
  await plan('200.01 dollars: block', 'gv6', 'LINKUSDT', '200.01', 'notional_per_trade_exceeded');
  await plan('qty 0 ($0.00 OK): permit', 'gv7', 'DOTUSDT', '100', 'permit', '0');
  await stack.plan('gv8', 'NEARUSDT', { qty: '1' });
  await list.answers('no price anywhere: cannot be evaluated', 'caps_data_unavailable', () => stack.verdict('gv8'));
}

/** The original's book of 118,844 dollars, then ten small positions. */
async function portfolioCaps({ list, stack }: Proof): Promise<void> {
  const blocked = async (name: string, planId: string, expected: string) => {
    await stack.plan(planId, 'ATOMUSDT', { qty: '1', price: '10' });
    await list.answers(name, expected, () => stack.verdict(planId));
  };
  await stack.state({ equity_usd: '10000', positions_count: '1' });
  await stack.snapshot('BTCUSDT', { position_qty: '1', position_notional_usd: '118844.14', sigma: '0.02' });
  await blocked('a book of 118844.14 dollars: block', 'gv9', 'total_notional_exceeded');
  const detail = async () => {
    const text = await stack.text(keys.block('gv9'));
    const checks = text === undefined ? undefined : jsonFields(text).checks;
    if (!Array.isArray(checks)) return undefined;
    const { value, limit, verdict } = checks.find(({ gate }) => gate === 'total_notional') ?? {};
    return `${value >= 118844.14 ? '118844.14 or more' : value} over ${limit}: ${verdict}`;
  };
  await list.answers('the block says which check, value and limit', '118844.14 or more over 2000: refuse', detail);
  await stack.plan('gv10', 'BTCUSDT', { action: 'FULL_CLOSE_PROPOSED', reduceOnly: 'true', qty: '1' });
  await list.answers('a CLOSE passes the caps', 'permit', () => stack.verdict('gv10'));
  await stack.flat('BTCUSDT');
  const symbols = Array.from({ length: 10 }, (_, at) => `S${at}USDT`);
  for (const symbol of symbols)
    await stack.snapshot(symbol, { position_qty: '1', position_notional_usd: '1', sigma: '0.02' });
  await stack.state({ equity_usd: '10000', positions_count: '10' });
  await blocked('ten positions: block', 'gv11', 'max_positions_reached');
  await stack.flat(...symbols);
  await stack.state({ equity_usd: '10000', positions_count: '0' });
}

async function switches({ list, stack }: Proof): Promise<void> {
  const { redis, portfolio } = stack;
  await stack.plan('gv12', 'UNIUSDT', { action: 'FULL_CLOSE', reduceOnly: 'true', qty: '1' });
  await list.answers('before the kill switch: permit', 'permit', () => stack.verdict('gv12'));
  await redis.set(portfolio.key(keys.kill), '1');
  await stack.plan('gv13', 'UNIUSDT', { action: 'FULL_CLOSE', reduceOnly: 'true', qty: '1' });
  await list.answers('SET kill 1: a CLOSE is blocked too', 'kill_switch_active', () => stack.verdict('gv13'));
  const outstanding = async () => ((await stack.text(keys.permit('gv12'))) === undefined ? 'revoked' : 'still there');
  const watched = { needs: ['governor', 'governor-watch'] };
  await list.settles('and the outstanding permit is revoked', 'revoked', outstanding, watched);
  await setKill(redis, portfolio, false, BY_PROOF);
  await stack.plan('gv14', 'UNIUSDT', { action: 'FULL_CLOSE', reduceOnly: 'true', qty: '1' });
  await list.answers('kill switch off: permit', 'permit', () => stack.verdict('gv14'));
  await setTradingState(redis, portfolio, 'REDUCING', BY_PROOF);
  await stack.plan('gv15', 'FILUSDT', { qty: '1', price: '10' });
  await list.answers('REDUCING: an OPEN is blocked', 'reducing_only', () => stack.verdict('gv15'));
  await stack.plan('gv16', 'FILUSDT', { action: 'PARTIAL_25', qty: '1' });
  await list.answers('REDUCING: a CLOSE passes', 'permit', () => stack.verdict('gv16'));
  await setTradingState(redis, portfolio, 'ACTIVE', BY_PROOF);
}

async function production({ list, stack }: Proof): Promise<void> {
  await stack.mode('governor', 'production');
  await stack.plan('gv17', 'ICPUSDT', { qty: '1', price: '10', kill_score: '0.8' });
  await list.answers('production: kill score 0.8', 'kill_score_critical', () => stack.verdict('gv17'));
  await stack.limits('governor', { GOV_SYMBOL_COOLDOWN_SECONDS: '0' });
  for (const planId of ['gv18', 'gv19']) {
    await stack.plan(planId, 'ICPUSDT', { qty: '1', price: '10' });
    await list.answers(`production: OPEN permit ${planId} within five minutes`, 'permit', () => stack.verdict(planId));
  }
  await stack.plan('gv20', 'ICPUSDT', { qty: '1', price: '10' });
  await list.answers('production: a third is a burst', 'burst_limit_exceeded', () => stack.verdict('gv20'));
  await stack.plan('gv21', 'ETCUSDT', { qty: '1', price: '10' });
  await list.answers('and disarms the governor', 'disarmed', () => stack.verdict('gv21'));
  await arm(stack.redis, stack.portfolio, BY_PROOF);
  await stack.limits('governor', {});
  await stack.mode('governor', 'testnet');
}

async function trail({ list, stack, web }: Proof): Promise<void> {
  const events = async () => (await eventsOf(stack, 'gv1')).join(' ');
  await list.answers('events of the first plan, newest first', 'DUPLICATE PERMIT', events);
  await list.answers('audit: the decision log has the block', 'BLOCK total_notional_exceeded', async () => {
    const [logged] = await stack.found(streams.decisions, 'plan_id', 'gv9');
    return logged === undefined ? undefined : `${logged.verdict} ${logged.reason}`;
  });
  const shows = (series: string, expected: string) =>
    list.settles(`metric ${series}`, expected, () => web.metric('governor', series));
  await shows('quantum_govern_allow_total{symbol="AVAXUSDT"}', '1');
  await shows('quantum_govern_block_total{symbol="ATOMUSDT",reason="total_notional_exceeded"}', '1');
  await shows('quantum_govern_disarm_total{reason="burst_limit_exceeded"}', '1');
  await list.answers('health of 8044', 'healthy p3.2-governor connected', async () => {
    const { status, service, redis } = await web.json('governor', 'governor', '/health');
    return `${status} ${service} ${redis}`;
  });
}

async function eventsOf(stack: Stack, planId: string): Promise<readonly string[]> {
  return (await stack.found(streams.governorEvents, 'plan_id', planId)).map(({ event = '' }) => event);
}

import { describe, expect, it } from 'vitest';
import governor from '../../../handlers/governor/index.ts';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';
import { recordOf, rejudged, rulingOf } from '../../support/rejudge.ts';
import { ROOMY, Strategies } from '../../support/strategies.ts';

const SHARE = { GOV_STRATEGY_MAX_SHARE_PCT: 'trend:30' };
const POSITIONS = { GOV_STRATEGY_MAX_POSITIONS: 'trend:2' };
const RATE = { GOV_STRATEGY_MAX_PERMITS_PER_HOUR: 'trend:3' };
const EXCEEDED = 'strategy_notional_exceeded';

describe('open positions of a strategy', () => {
  it('are those that it holds or has reserved, even in a symbol that is held', () => {
    const world = new Strategies(POSITIONS);
    world.report('XRPUSDT', 1);
    world.fill('trend');
    expect(world.reason('trend', { symbol: 'ETHUSDT' })).toBe('ok');
    expect(world.reason('trend')).toBe('strategy_positions_reached');
    expect(world.reason('grid')).toBe('ok');
    world.close('trend', '1');
    world.report('BTCUSDT', 0);
    expect(world.reason('trend', { symbol: 'ETHUSDT' })).toBe('ok');
  });

  it('may be none', () => {
    expect(new Strategies({ GOV_STRATEGY_MAX_POSITIONS: '*:0' }).reason('trend')).toBe('strategy_positions_reached');
  });
});

describe('permits of a strategy in an hour', () => {
  it('are counted for it alone, exits not among them, until they are an hour old', () => {
    const world = new Strategies(RATE);
    for (let at = 0; at < 3; at += 1) expect(world.reason('trend', { qty: '0.01' })).toBe('ok');
    expect(world.reason('trend', { action: 'FULL_CLOSE', side: 'SELL' })).toBe('ok');
    expect(world.reason('trend')).toBe('strategy_permits_exceeded');
    expect(world.reason('grid')).toBe('ok');
    world.nowMs += 3_599_999;
    expect(world.reason('trend')).toBe('strategy_permits_exceeded');
    world.nowMs += 1;
    expect(world.reason('trend')).toBe('ok');
    expect(world.hashes.has(keys.strategyUse)).toBe(false);
  });
});

describe('what is not known', () => {
  const gap = (world: GovernorWorld) => world.block('q1')?.checks.at(-1)?.value;

  it.each([
    ['missing', (world: Strategies) => world.hashes.delete(keys.strategyUse)],
    ['of another type', (world: Strategies) => world.wrong.add(keys.strategyUse)],
    ['no JSON', (world: Strategies) => world.hashes.set(keys.strategyUse, { ':since': '1', x: '{' })],
    ['no fill', (world: Strategies) => world.hashes.set(keys.strategyUse, { ':since': '1', x: '{"qty":1}' })],
    ['not said since when', (world: Strategies) => world.hashes.set(keys.strategyUse, {})],
  ])('opens nothing where what is stored is %s', (_words, spoil) => {
    for (const limits of [SHARE, POSITIONS]) {
      const world = new Strategies(limits);
      world.held.set('ETHUSDT', 1);
      world.reportAll();
      spoil(world);
      expect(world.reason('trend')).toBe('caps_data_unavailable');
      expect(gap(world)).toBe('strategy_use');
      expect(world.reason('grid')).toBe('ok');
      world.watch();
      expect(world.reason('trend')).toBe('caps_data_unavailable');
    }
  });

  it('is known again once nothing is held or reserved', () => {
    for (const spoiled of [undefined, { ':since': '1', x: '{' }]) {
      const world = new Strategies(SHARE);
      if (spoiled === undefined) world.hashes.delete(keys.strategyUse);
      else world.hashes.set(keys.strategyUse, spoiled);
      world.watch();
      expect(world.reason('trend')).toBe('ok');
    }
  });

  it('opens nothing where permits are in a key of another type', () => {
    const world = new Strategies(RATE);
    world.wrong.add(keys.strategyPermits('trend'));
    expect(world.reason('trend')).toBe('caps_data_unavailable');
    expect(gap(world)).toBe('strategy_permits');
  });

  it('opens nothing in the name of nobody that can be read', () => {
    expect(new Strategies(RATE).reason('tre nd')).toBe('caps_data_unavailable');
  });

  it('refuses by what is known all the same', () => {
    const world = new Strategies(SHARE);
    world.hashes.set(keys.strategyUse, { ':since': '1', x: '{' });
    expect(world.reason('trend', { qty: '4' })).toBe(EXCEEDED);
  });
});

describe('without a limit of that kind', () => {
  const written = (settings: Record<string, string>, mode = 'production') => {
    const world = new GovernorWorld();
    world.mode = mode;
    world.settings = { ...ROOMY, ...settings };
    const outcomes = [
      world.plan({ ...OPEN_PLAN, strategy: 'trend', kill_score: '0' }),
      world.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: 'true' }),
      world.watch(),
    ];
    const text = JSON.stringify(outcomes.map(({ effects }) => effects));
    return [...new Set(text.match(/governor:strategy_[a-z]+/g))].toSorted();
  };

  it('nothing is kept of strategies', () => {
    expect(written({})).toEqual([]);
    expect(written({ GOV_STRATEGY_PAUSED: 'grid' })).toEqual([]);
    expect(written(RATE)).toEqual(['governor:strategy_permits']);
    expect(written(RATE, 'dry_run')).toEqual([]);
  });

  it('and with one all of it', () => {
    const use = ['governor:strategy_since', 'governor:strategy_use'];
    expect(written(SHARE)).toEqual([...use.slice(0, 1), ...use.slice(1)]);
    const world = new Strategies(SHARE);
    const { planId } = world.ask('trend');
    expect(JSON.parse(world.texts.get(keys.strategyOrder(planId)) ?? '')).toEqual({
      strategy: 'trend',
      symbol: 'BTCUSDT',
      qty: 1,
      notional_usd: 100,
      closes: false,
      at_ms: NOW_MS,
    });
  });
});

it('a smaller order is given where the share has room for that alone', () => {
  const world = new Strategies(SHARE);
  world.fill('trend', { qty: '2' });
  const { planId } = world.ask('trend', { qty: '5', resize: 'true' });
  expect(world.permit(planId)).toMatchObject({ computed_qty: 1, asked_qty: 5 });
  expect(world.reason('trend', { qty: '1', resize: 'true' })).toBe(EXCEEDED);
});

it('judged again, a plan has the same verdict, and another by another share', () => {
  const world = new Strategies(SHARE);
  world.fill('trend', { qty: '2' });
  const outcome = world.plan({ ...OPEN_PLAN, plan_id: 'z', qty: '1', price: '100', strategy: 'trend' });
  const record = recordOf('governor', outcome, 'testnet');
  const again = (limits: Record<string, string>) =>
    rejudged(governor, record, { settings: { ...ROOMY, ...limits }, mode: 'testnet' });
  expect(again(SHARE)).toEqual(rulingOf(outcome));
  expect(again({ GOV_STRATEGY_MAX_SHARE_PCT: 'trend:29.9' })?.reason).toBe(EXCEEDED);
  expect(again(RATE)).toBeUndefined();
});

it.each([
  ['GOV_STRATEGY_MAX_SHARE_PCT', 'trend:101', 'a strategy and a percentage from 0 to 100, as trend:2 or *:5'],
  ['GOV_STRATEGY_MAX_POSITIONS', 'trend:1.5', 'a strategy and a whole number of at least 0, as trend:2 or *:5'],
  ['GOV_STRATEGY_MAX_PERMITS_PER_HOUR', 'trend', 'a strategy and a whole number of at least 0'],
  ['GOV_STRATEGY_MAX_POSITIONS', 'trend:1,trend:2', 'each strategy once'],
  ['GOV_STRATEGY_MAX_SHARE_PCT', 'a b:1', 'a strategy of 1 to 128'],
])('%s is not set by %j', (name, text, message) => {
  const [issue] = governor.settings.safeParse({ [name]: text }).error?.issues ?? [];
  expect(issue?.message).toContain(message);
});

it('whose permit is taken back is said', () => {
  const world = new GovernorWorld();
  world.plan({ ...OPEN_PLAN, strategy: 'trend' });
  world.plan({ ...OPEN_PLAN, plan_id: 'p2', symbol: 'ETHUSDT' });
  world.nowMs = NOW_MS + 60_000;
  world.watch();
  const withdrawn = world.events.filter(({ event }) => event === 'PERMIT_WITHDRAWN');
  expect(withdrawn.map(({ plan_id, strategy }) => [plan_id, strategy])).toEqual([
    ['p1', 'trend'],
    ['p2', undefined],
  ]);
});

it('plans are counted by the strategies that limits name, and together for all others', () => {
  const labels = (world: Strategies, strategy: string, qty: string) => {
    const order = { ...OPEN_PLAN, plan_id: `${strategy}${qty}`, price: '100', qty, ...(strategy && { strategy }) };
    const counts = world.plan(order).counts ?? [];
    return counts.filter(({ metric }) => metric === 'quantum_govern_strategy_plans_total').map((one) => one.labels);
  };
  const world = new Strategies(SHARE);
  expect(labels(world, 'trend', '3')).toEqual([{ strategy: 'trend', verdict: 'permit' }]);
  expect(labels(world, 'trend', '1')).toEqual([{ strategy: 'trend', verdict: 'block' }]);
  for (const name of ['x1', 'x2', ''])
    expect(labels(world, name, '0.1')).toEqual([{ strategy: 'other', verdict: 'permit' }]);
  expect(labels(new Strategies({}), 'trend', '1')).toEqual([]);
});

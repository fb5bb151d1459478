/** A unified method of ccxt that places one order: its arguments before `params`, and what its name says already. */
export interface Placing {
  readonly arguments: readonly string[];
  readonly known: Readonly<Record<string, unknown>>;
}

const ORDER = 'symbol type side amount price';

const CREATE: Readonly<Record<string, Placing>> = {
  createOrder: form(ORDER),
  createLimitOrder: form('symbol side amount price', { type: 'limit' }),
  createLimitBuyOrder: form('symbol amount price', { type: 'limit', side: 'buy' }),
  createLimitSellOrder: form('symbol amount price', { type: 'limit', side: 'sell' }),
  createMarketOrder: form('symbol side amount price', { type: 'market' }),
  createMarketBuyOrder: form('symbol amount', { type: 'market', side: 'buy' }),
  createMarketSellOrder: form('symbol amount', { type: 'market', side: 'sell' }),
  createMarketOrderWithCost: form('symbol side cost', { type: 'market' }),
  createMarketBuyOrderWithCost: form('symbol cost', { type: 'market', side: 'buy' }),
  createMarketSellOrderWithCost: form('symbol cost', { type: 'market', side: 'sell' }),
  createPostOnlyOrder: form(ORDER),
  createReduceOnlyOrder: form(ORDER, { reduceOnly: true }),
  createStopOrder: form(`${ORDER} triggerPrice`),
  createStopLimitOrder: form('symbol side amount price triggerPrice', { type: 'limit' }),
  createStopMarketOrder: form('symbol side amount triggerPrice', { type: 'market' }),
  createTriggerOrder: form(`${ORDER} triggerPrice`),
  createStopLossOrder: form(`${ORDER} stopLossPrice`),
  createTakeProfitOrder: form(`${ORDER} takeProfitPrice`),
  createTrailingAmountOrder: form(`${ORDER} trailingAmount trailingTriggerPrice`),
  createTrailingPercentOrder: form(`${ORDER} trailingPercent trailingTriggerPrice`),
  createOrderWithTakeProfitAndStopLoss: form(`${ORDER} takeProfit stopLoss`),
  createTwapOrder: form('symbol side amount duration', { type: 'market' }),
};

const EDIT: Readonly<Record<string, Placing>> = {
  editOrder: form(`id ${ORDER}`),
  editOrderWithClientOrderId: form(`clientOrderId ${ORDER}`),
  editLimitOrder: form('id symbol side amount price', { type: 'limit' }),
  editLimitBuyOrder: form('id symbol amount price', { type: 'limit', side: 'buy' }),
  editLimitSellOrder: form('id symbol amount price', { type: 'limit', side: 'sell' }),
};

const BATCH = ['createOrders', 'createSpotOrders', 'createContractOrders', 'editOrders'];

/** What an application calls that places no order, in snake_case. Whatever is in none of these lists is refused. */
const HARMLESS = new RegExp(
  `^(?:${[
    '(?:fetch|load|cancel|watch|un_watch|parse|safe|set|get|is|to|has|filter|check|calculate|borrow|repay|price|amount|cost|fee' +
      '|number|decimal|currency|market|transfer|deep|sort|index|group|array|uuid|iso|yyyy|yymm)(?:_\\w+)?',
    'close|describe|nonce|account|symbol|sleep|throttle|delay|log|extend|omit|pluck|sum|unique|keysort|hash|hmac|json|unjson',
    '(?:milli|micro)?seconds|ymd|ymdhms|iso8601|parse8601|withdraw|deposit|add_margin|reduce_margin|enable_demo_trading',
    'create_deposit_address|uuid\\d*',
  ].join('|')})$`,
);
/** Of those, what sends anything that it is given, or calls a method by its name. */
const RAW =
  /^(?:fetch|watch|watch_multiple\w*|fetch_paginated_\w+|fetch_web_endpoint|get_property|set_property|load_fetch_\w+)$/;
/** Implicit methods that only read what everybody may; an implicit GET with a key may place an order. */
const PUBLIC_READ = /^(?=.*public)\w*_get(?:_\w*)?$/;

/** How a method places one order, or `undefined`; over REST or WebSocket. */
export function placing(name: string): Placing | undefined {
  const plain = rest(name);
  return Object.hasOwn(CREATE, plain) ? CREATE[plain] : Object.hasOwn(EDIT, plain) ? EDIT[plain] : undefined;
}

/** Whether a method changes orders that stand. */
export function edits(name: string): boolean {
  return Object.hasOwn(EDIT, rest(name)) || rest(name) === 'editOrders';
}

/** Whether a method places a list of orders. */
export function isBatch(name: string): boolean {
  return BATCH.includes(rest(name));
}

/** Whether a method places no order. */
export function isHarmless(name: string): boolean {
  const plain = snake(name);
  return !RAW.test(plain) && (HARMLESS.test(plain) || PUBLIC_READ.test(plain));
}

/** Whether the answer of a method says what became of orders. */
export function tellsOfOrders(name: string): boolean {
  return /^(?:fetch|watch|cancel)\w*Order/.test(name);
}

/** The arguments of every method that places one order, by its name. */
export function placingMethods(): Readonly<Record<string, Placing>> {
  return { ...CREATE, ...EDIT };
}

/** The name of a method in snake_case, which ccxt has besides. */
export function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
}

/** The name of a method in camelCase. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function rest(name: string): string {
  return name.endsWith('Ws') ? name.slice(0, -2) : name;
}

function form(names: string, known: Readonly<Record<string, unknown>> = {}): Placing {
  return { arguments: names.split(' '), known };
}

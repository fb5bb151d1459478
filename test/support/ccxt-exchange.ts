import { placingMethods } from '../../runtime/doors/client/ccxt/methods.ts';

type Fields = Record<string, unknown>;

/** Errors of ccxt's names. */
export class ExchangeError extends Error {}
/** A connection that broke: the order may be there. */
export class RequestTimeout extends Error {}
/** No margin: the order is not there. */
export class InsufficientFunds extends ExchangeError {}
/** A wrong order: it is not there. */
export class InvalidOrder extends ExchangeError {}
/** An order of that id is there. */
export class DuplicateOrderId extends InvalidOrder {}

const MARKETS = Object.fromEntries(
  [
    { symbol: 'SOL/USDT:USDT', contractSize: 1 },
    { symbol: 'DOGE/USDT:USDT', contractSize: 100 },
    { symbol: 'SOL/USDT:USDT-261225', contractSize: 1 },
    { symbol: 'BTC/USD:BTC', contractSize: 100, inverse: true },
    { symbol: 'SOL/USDT' },
    { symbol: 'ETH/BTC' },
  ].map((market) => {
    const [pair = '', settle] = market.symbol.split(':');
    const [base, quote] = pair.split('/');
    return [market.symbol, { base, quote, spot: settle === undefined, contract: settle !== undefined, ...market }];
  }),
);

/**
 * An exchange of ccxt's shape on paper: everything fills at once unless `resting`. As in ccxt 4.5.84 every method that places
 * an order ends in `createOrder` of the exchange itself, with more parameters, and they are laid over the request
 * (js/src/base/Exchange.js 8966-9370); implicit methods are set on the instance in both spellings (414-428).
 */
export class PaperExchange {
  has = { editOrder: 'emulated' };
  options: Fields = {};
  markets: Fields | undefined;
  resting = false;
  quiet = false;
  failing: Record<string, Error> = {};
  raw: string[] = [];
  created: Fields[] = [];
  orders: Record<string, Fields> = {};
  contracts: Record<string, number> = {};
  free: Record<string, number> = { SOL: 2 };
  [name: string]: unknown;

  constructor() {
    for (const name of [
      'privatePostOrder',
      'privateDeleteOrder',
      'privateGetBuy',
      'publicGetTime',
      'sapiPostMarginOrder',
    ]) {
      const implicit = () => this.request(name);
      this[name] = implicit;
      this[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = implicit;
    }
    for (const [name, { arguments: names, known }] of Object.entries(placingMethods())) {
      if (name === 'createOrder' || name === 'editOrder') continue;
      const method = (...args: unknown[]) => {
        const params = (args[names.length] as Fields | undefined) ?? {};
        const all: Fields = { ...known, ...Object.fromEntries(names.map((one, at) => [one, args[at]])) };
        const { id, clientOrderId, symbol, type, side, amount, price, reduceOnly, cost, ...more } = all;
        const extra = {
          ...params,
          ...(cost !== undefined && { cost }),
          ...(reduceOnly === true && { reduceOnly }),
          ...more,
        };
        if (!name.startsWith('edit')) return this.createOrder(symbol, type, side, amount ?? cost, price, extra);
        const found = Object.values(this.orders).find((one) => one.clientOrderId === clientOrderId);
        return this.editOrder(id ?? found?.id, symbol, type, side, amount, price, extra);
      };
      this[name] = method;
      this[`${name}Ws`] = method;
    }
    this.createOrderWs = this.createOrder.bind(this);
    this.editOrderWs = this.editOrder.bind(this);
    for (const name of ['createSpotOrders', 'createContractOrders']) this[name] = this.createOrders.bind(this);
  }

  request(path: string) {
    this.raw.push(path);
    return {};
  }

  async loadMarkets() {
    this.markets = MARKETS;
    return MARKETS;
  }

  market(symbol: string) {
    return this.markets?.[symbol];
  }

  amountToPrecision(_symbol: string, amount: number) {
    return String(Math.floor(amount * 1000) / 1000);
  }

  async createOrder(
    symbol: unknown,
    type: unknown,
    side: unknown,
    amount: unknown,
    price?: unknown,
    params: Fields = {},
  ) {
    const request = { symbol, type, side, amount, price, ...params };
    this.created.push(request);
    if (this.failing.createOrder) throw this.failing.createOrder;
    if ((MARKETS[String(symbol)] as Fields).spot && 'reduceOnly' in params)
      throw new InvalidOrder('spot has no reduceOnly');
    const { clientOrderId, reduceOnly } = params;
    const same = Object.values(this.orders).some((one) => one.clientOrderId === clientOrderId);
    if (clientOrderId !== undefined && same) throw new DuplicateOrderId(String(clientOrderId));
    const id = String(Object.keys(this.orders).length + 1);
    const order = {
      id,
      clientOrderId,
      symbol,
      side,
      amount,
      price,
      reduceOnly,
      status: 'open',
      filled: 0,
      remaining: amount,
    };
    this.orders[id] = order;
    if (!this.resting && typeof amount === 'number') this.fill(id, amount);
    return this.quiet ? { id } : { ...this.orders[id] };
  }

  fill(id: string, amount: number, status = 'closed') {
    const order = this.orders[id] as Fields;
    Object.assign(order, { filled: amount, status, average: order.price ?? 150 });
    const symbol = String(order.symbol);
    this.contracts[symbol] = (this.contracts[symbol] ?? 0) + (order.side === 'buy' ? amount : -amount);
  }

  async createOrders(orders: Fields[]) {
    const placed = [];
    for (const { symbol, type, side, amount, price, params } of orders) {
      placed.push(await this.createOrder(symbol, type, side, amount, price, params as Fields));
    }
    return placed;
  }

  async editOrders(orders: Fields[]) {
    return await this.createOrders(orders);
  }

  async editOrder(
    id: unknown,
    symbol: unknown,
    type: unknown,
    side: unknown,
    amount?: unknown,
    price?: unknown,
    params: Fields = {},
  ) {
    await this.cancelOrder(String(id));
    return await this.createOrder(symbol, type, side, amount, price, params);
  }

  async closePosition(symbol: string) {
    const held = this.contracts[symbol] ?? 0;
    return await this.createOrder(symbol, 'market', held > 0 ? 'sell' : 'buy', Math.abs(held), undefined, {
      reduceOnly: true,
    });
  }

  async closeAllPositions() {
    return await Promise.all(Object.keys(this.contracts).map((symbol) => this.closePosition(symbol)));
  }

  async cancelOrder(id: string) {
    const order = this.orders[id] as Fields;
    order.status = 'canceled';
    return { ...order };
  }

  async fetchOrder(id: string) {
    return { ...this.orders[id] };
  }

  async watchOrders() {
    return Object.values(this.orders).map((one) => ({ ...one }));
  }

  async fetchPositions(symbols?: string[]) {
    if (this.failing.fetchPositions) throw this.failing.fetchPositions;
    const held = Object.entries(this.contracts).filter(
      ([symbol, contracts]) => contracts && symbols?.includes(symbol) !== false,
    );
    return held.map(([symbol, contracts]) => ({
      symbol,
      side: contracts > 0 ? 'long' : 'short',
      contracts: Math.abs(contracts),
    }));
  }

  async fetchBalance() {
    if (this.failing.fetchBalance) throw this.failing.fetchBalance;
    return Object.fromEntries(Object.entries(this.free).map(([name, free]) => [name, { free }]));
  }

  async fetchTicker(symbol: string) {
    return { last: symbol === 'ETH/BTC' ? 0.05 : symbol.startsWith('DOGE') ? 0.1 : 150 };
  }
}

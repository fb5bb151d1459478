import type { Placing } from './methods.ts';

/** The spellings of a client order id that exchanges have and ccxt passes on. */
const CLIENT_IDS = 'clientOrderId newClientOrderId orderLinkId clOrdId clientOid cl_ord_id cliOrdId client_id'.split(
  ' ',
);
/** Parameters that would replace what a method's own arguments say: ccxt lets them. */
const OVERRIDES = new Set(
  'amount quantity qty size sz vol volume quoteOrderQty quoteQty quoteSize funds symbol side instId pair product_id'.split(
    ' ',
  ),
);
const TRIGGERS = ['stopLossPrice', 'takeProfitPrice', 'triggerPrice', 'stopPrice'];

/** Fields by name, of a call, a market or an order of ccxt. */
export type Fields = Record<string, unknown>;

/** An order that cannot be asked for: what was expected, what came. Nothing was asked and nothing sent. */
export class UnusableOrder extends Error {}

/** A call of a method that places an order, in one form whatever the method. */
export class Call {
  /** Arguments by name, as they are sent. */
  readonly values: Fields;
  readonly params: Fields;
  /** What is known besides, and not sent. */
  readonly known: Fields;

  constructor(values: Fields, params: Fields, known: Fields = {}) {
    for (const name of Object.keys(params)) {
      if (!OVERRIDES.has(name)) continue;
      throw new UnusableOrder(`params: expected ${name} in the arguments of the method, got it as a parameter`);
    }
    this.values = values;
    this.params = params;
    this.known = known;
  }

  /** Binds arguments as the method itself would. */
  static of(method: Placing, args: readonly unknown[]): Call {
    const most = method.arguments.length + 1;
    if (args.length > most) throw new UnusableOrder(`expected at most ${most} arguments, got ${args.length}`);
    const values = Object.fromEntries(method.arguments.map((name, at) => [name, args[at]]));
    return new Call(values, { ...((args[most - 1] as Fields) ?? {}) }, { ...method.known });
  }

  /** One order of a list, as `createOrders` and `editOrders` take them. */
  static ofItem({ params, ...values }: Fields): Call {
    return new Call(values, { ...((params as Fields) ?? {}) });
  }

  /** What is known besides, an argument, or a parameter. */
  get(name: string): unknown {
    return this.known[name] ?? this.values[name] ?? this.params[name];
  }

  /** A figure above 0, or `undefined` where it is not given. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined || value === null) return undefined;
    const figure =
      typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : NaN;
    if (Number.isFinite(figure) && figure > 0) return figure;
    throw new UnusableOrder(`${name}: expected a finite number above 0, got ${String(value)}`);
  }

  /** The amount, or `undefined`; 0 beside a cost is none. */
  get amount(): number | undefined {
    return this.get('cost') !== undefined && !this.get('amount') ? undefined : this.number('amount');
  }

  /** `buy` or `sell`. */
  get side(): 'buy' | 'sell' {
    const side = String(this.get('side')).toLowerCase();
    if (side === 'buy' || side === 'sell') return side;
    throw new UnusableOrder(`side: expected buy or sell, got ${String(this.get('side'))}`);
  }

  /** The price of a limit order, failing that the one that triggers it. */
  get ownPrice(): number | undefined {
    const name = ['price', ...TRIGGERS].find((one) => this.get(one) !== undefined && this.get(one) !== null);
    return name === undefined ? undefined : this.number(name);
  }

  /** The client order id that the caller gave. */
  get clientId(): string | undefined {
    const name = CLIENT_IDS.find((one) => Boolean(this.params[one]));
    return name === undefined ? undefined : String(this.params[name]);
  }

  /** Whether the caller says that it only reduces. */
  get reduceOnly(): boolean {
    return isTrue(this.get('reduceOnly')) || isTrue(this.params.reduce_only);
  }

  /** Orders that stop a loss or take a profit of a position that stands. */
  get closesByKind(): boolean {
    return Boolean(this.get('stopLossPrice') ?? this.get('takeProfitPrice'));
  }

  /** Orders that can open nothing at the exchange, and that may not say `reduceOnly` besides. */
  get closesByExchange(): boolean {
    const { positionSide, posSide, positionIdx } = this.params;
    const leg = String(positionSide || posSide || positionIdx || '').toUpperCase();
    const otherSide = ['LONG', '1'].includes(leg) ? 'sell' : ['SHORT', '2'].includes(leg) ? 'buy' : undefined;
    return this.closesAll || this.side === otherSide;
  }

  /** Binance's order over whatever is held when it is triggered. */
  get closesAll(): boolean {
    return isTrue(this.params.closePosition);
  }

  /** For the method itself; `params` last. */
  arguments(method: Placing): unknown[] {
    return [...method.arguments.map((name) => this.values[name]), this.params];
  }

  /** For a list of orders. */
  item(): Fields {
    return { ...this.values, params: this.params };
  }
}

/** What exchanges take for true. */
function isTrue(value: unknown): boolean {
  return value === true || value === 1 || String(value).toLowerCase() === 'true';
}

/** An answer of the exchange that is not 200: an HTTP status and a body of `code` and `msg`, in the exchange's own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(code: number, message: string, status = 400) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

/** The refusals that a local exchange gives, as Binance words them. */
export const refusals = {
  tooManyRequests: (limit: number) =>
    new Refusal(
      -1003,
      `Too many requests; current limit of IP is ${limit} requests per minute. ` +
        'Please use the websocket for live updates to avoid polling the API.',
      429,
    ),
  banned: (untilMs: number) =>
    new Refusal(
      -1003,
      `Way too much request weight used; IP banned until ${untilMs}. ` +
        'Please use the websocket for live updates to avoid bans.',
      418,
    ),
  outsideWindow: () => new Refusal(-1021, 'Timestamp for this request is outside of the recvWindow.'),
  aheadOfServer: () => new Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time."),
  badSignature: () => new Refusal(-1022, 'Signature for this request is not valid.'),
  missing: (parameter: string) =>
    new Refusal(-1102, `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.`),
  tooPrecise: () => new Refusal(-1111, 'Precision is over the maximum defined for this asset.'),
  badOrderType: () => new Refusal(-1116, 'Invalid orderType.'),
  badSide: () => new Refusal(-1117, 'Invalid side.'),
  badInterval: () => new Refusal(-1120, 'Invalid interval.'),
  badSymbol: () => new Refusal(-1121, 'Invalid symbol.'),
  noListenKey: () => new Refusal(-1125, 'This listenKey does not exist.'),
  badLimit: () => new Refusal(-1130, "Data sent for parameter 'limit' is not valid."),
  wideWindow: () => new Refusal(-1131, 'recvWindow must be less than 60000'),
  noOrder: () => new Refusal(-2013, 'Order does not exist.'),
  noKey: () => new Refusal(-2014, 'API-key format invalid.', 401),
  wrongKey: (ip: string) =>
    new Refusal(-2015, `Invalid API-key, IP, or permissions for action, request ip: ${ip}`, 401),
  noMargin: () => new Refusal(-2019, 'Margin is insufficient.'),
  reduceOnly: () => new Refusal(-2022, 'ReduceOnly Order is rejected.'),
  noQuantity: () => new Refusal(-4003, 'Quantity less than or equal to zero.'),
  tooMuch: () => new Refusal(-4005, 'Quantity greater than max quantity.'),
  badLeverage: (leverage: string) => new Refusal(-4028, `Leverage ${leverage} is not valid`),
  sideMismatch: () => new Refusal(-4061, "Order's position side does not match user's setting."),
  positionOpen: () => new Refusal(-4068, 'Position side cannot be changed if there exists position.'),
  sameId: () => new Refusal(-4116, 'ClientOrderId is duplicated.'),
  notTrading: () => new Refusal(-4140, 'Invalid symbol status for opening position.'),
  smallNotional: () =>
    new Refusal(-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
} as const;

const stream = (name: string) => `quantum:stream:${name}`;

/** The streams that the load writes, by whole key. */
export const inputs = {
  proposals: stream('harvest.proposal'),
  snapshots: stream('position.snapshot'),
  plans: stream('apply.plan'),
  results: stream('apply.result'),
  crash: stream('crash.in'),
} as const;

/** The streams that only the gates write, by whole key. */
export const outputs = {
  calibrated: stream('harvest.calibrated'),
  heatDecisions: stream('harvest.heat.decision'),
  events: stream('governor.events'),
  crash: stream('crash.out'),
} as const;

export const DECISIONS = stream('decisions');
export const STATE = 'quantum:state:portfolio';

/** A handler with the stream and group it reads. */
export interface ReadBy {
  readonly handler: string;
  readonly stream: string;
  readonly group: string;
  /** Whether every entry it understands leaves an entry in the decision log. */
  readonly logs: 'always' | 'sometimes' | 'never';
}

/** Who reads what. */
export const readers: readonly ReadBy[] = [
  { handler: 'heat-gate', stream: inputs.proposals, group: 'p26_heat_gate', logs: 'always' },
  { handler: 'governor', stream: inputs.plans, group: 'governor', logs: 'always' },
  { handler: 'crash', stream: inputs.crash, group: 'crash', logs: 'always' },
  { handler: 'governor-results', stream: inputs.results, group: 'governor_results', logs: 'sometimes' },
  { handler: 'heat-bridge', stream: outputs.heatDecisions, group: 'heat_bridge', logs: 'never' },
];

/** Milliseconds that a bot waits for its verdict. */
export const ASK_TIMEOUT_MS = 800;
/** Who asks over HTTP. */
export const HTTP_TRADER = { strategy: 'http', portfolio: undefined, token: 'a-trader-of-this-test' };

/** US dollars of one unit, in every symbol. */
export const PRICE = 100;
export const SYMBOLS: readonly string[] = Array.from({ length: 16 }, (_, at) => `SYM${at}USDT`);

/** The limits that the governor runs under. */
export const limits = {
  cooldownMs: 1_000,
  perHour: 8,
  positions: 7,
  perTradeUsd: 400,
  totalUsd: 1_500,
  reservationMs: 120_000,
} as const;

/** The settings of every worker: enforcing, with limits that a load of some seconds meets. */
export const SETTINGS: Readonly<Record<string, string>> = {
  P26_MODE: 'enforce',
  GOV_MODE: 'production',
  GOV_ENABLE_AUTO_DISARM: 'false',
  GOV_SYMBOL_COOLDOWN_SECONDS: String(limits.cooldownMs / 1000),
  GOV_MAX_EXEC_PER_HOUR: String(limits.perHour),
  GOV_MAX_EXEC_PER_5MIN: String(limits.perHour),
  GOV_MAX_OPEN_POSITIONS: String(limits.positions),
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: String(limits.perTradeUsd),
  GOV_MAX_TOTAL_NOTIONAL_USDT: String(limits.totalUsd),
  GOV_RESERVATION_TTL_SEC: String(limits.reservationMs / 1000),
};

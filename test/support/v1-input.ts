const LONG = 'x'.repeat(1001);
/** What is put in the place of each member of a body. */
export const MEMBERS: readonly unknown[] = [undefined, null, 5, -1, true, '', ' ', LONG, [], ['a:b'], {}, { a: 1 }];
/** Bodies that no route takes, with what they say they are. */
export const BODIES: readonly (readonly [string, string])[] = [
  ['', 'application/json'],
  ['{', 'application/json'],
  ['null', 'application/json'],
  ['[]', 'application/json'],
  ['[{}]', 'application/json'],
  ['"text"', 'application/json'],
  ['5', 'application/json'],
  ['true', 'application/json'],
  ['{}', 'application/json'],
  ['{"__proto__":1}', 'application/json'],
  ['a=b', 'application/x-www-form-urlencoded'],
  ['text', 'text/plain'],
];
/** A portfolio that is not served. */
export const OTHER = 'portfolio=nope';
const id = '1717000000000-0';
/** Who does something, and why. */
export const because = { actor: 'ann', reason: 'a test' };

/** Every `GET` of `/v1`: parts of the path and the query that are in order. */
export const LOOKS: readonly string[] = [
  '/status',
  '/overview',
  '/events?last_event_id=1-1',
  '/heat/history?since=48h&until=1h',
  '/budgets',
  '/risk',
  `/decisions?gate=governor&symbol=A&verdict=B&reason=C&text=D&limit=5&before=${id}`,
  '/plans/plan-1?since=7d',
  '/shadow?gate=heat-gate&since=7d',
  '/activation?gate=heat-gate',
  '/policies',
  '/policies/heat-gate',
  '/dead-letters',
  `/dead-letters/apply.plan?limit=5&before=${id}`,
  '/streams',
  `/ledger?limit=5&before=${id}`,
  '/ledger/verify',
  '/openapi.json',
];

/** What looks at running gates, or goes on for ever. */
export const RUNNING = /^\/(?:overview|budgets|events)/;

/** Every `POST` of `/v1` with a body that is in order. */
export const POSTS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['/evaluate', { gate: 'governor', entry: { plan_id: 'p' }, state: { heat: 1 } }],
  ['/policies/heat-gate/preview', { settings: { HEAT_MAX: '0.5' } }],
  ['/preview', { action: 'mode', gate: 'heat-gate', mode: 'enforce' }],
  ['/preview', { action: 'drop', stream: 'apply.plan', ids: [id] }],
  ['/preview', { action: 'kill' }],
  ['/kill', { ...because, state: 'off' }],
  ['/kill', { ...because, state: 'on' }],
  ['/arm', because],
  ['/disarm', because],
  ['/state', { ...because, trading_state: 'REDUCING' }],
  ['/mode', { ...because, gate: 'heat-gate', mode: 'enforce' }],
  ['/positions/clear', { ...because, symbol: 'BTCUSDT' }],
  ['/activate', { ...because, gate: 'heat-gate', force: false, watch_sec: 60 }],
  ['/rollback', { ...because, gate: 'heat-gate', rehearse: false }],
  ['/policies/heat-gate', { ...because, settings: { HEAT_MAX: '0.5' }, version: 'v' }],
  ['/policies/heat-gate/candidate', { ...because, settings: { HEAT_MAX: '0.5' }, mode: 'shadow' }],
  ['/policies/heat-gate/rollback', { ...because, version: 'v' }],
  ['/dead-letters/apply.plan/replay', { ...because, ids: [id] }],
  ['/dead-letters/apply.plan/drop', { ...because, ids: [id] }],
  ['/streams/apply.plan/repair', because],
  ['/streams/apply.plan/rejudge', { ...because, ids: [id] }],
  ['/permits', { symbol: 'BTCUSDT', side: 'BUY', qty: 1, plan_id: 'asked', timeout_ms: 1 }],
  ['/permits/asked/result', { outcome: 'rejected', error: 'margin' }],
];

/** What is put in the place of each parameter of a query; a list is the parameter given twice. */
export const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  limit: ['', '0', '1', '200', '201', '1.5', 'abc', '%20%207%20', '1e2', '-1', '0x10', '5&limit=x', 'x&limit=5'],
  before: ['', '0-0', '007-01', 'abc', '1', '99999999999999999999-0', '1-1&before=x', 'x&before=1-1'],
  since: ['', 'abc', '1s', '2026-01-31', '2026-01-31T08:00:00Z', '2999-01-01', 'x&since=1h', '1h&since=x'],
  until: ['', 'abc', '1s', '2026-01-31', 'x&until=1h', '1h&until=x'],
  gate: ['', 'nope', 'heat-bridge', 'governor', 'x&gate=governor', 'governor&gate=x', LONG.slice(0, 201)],
  symbol: ['', '%20', LONG.slice(0, 200), LONG.slice(0, 201), `A&symbol=${LONG.slice(0, 300)}`],
  verdict: [LONG],
  reason: [LONG],
  text: [LONG, '%C3%A4'],
};

/** Queries and paths in which more than one thing is wrong, so that the first one told of is on record too. */
export const SEVERAL: readonly string[] = [
  '/ledger?limit=x&before=y',
  '/ledger?before=y&limit=x&portfolio=nope',
  '/dead-letters/nope?limit=x&before=y',
  '/dead-letters/nope?portfolio=nope&limit=x',
  '/dead-letters/apply.plan?before=y&limit=x',
  '/decisions?limit=x&before=y',
  `/decisions?gate=nope&symbol=${LONG}`,
  '/decisions?gate=nope&before=y',
  '/decisions?gate=nope&limit=x',
  '/decisions?gate=nope&portfolio=nope',
  '/heat/history?since=x&until=y',
  '/heat/history?since=1h&until=2h',
  '/heat/history?since=x&portfolio=nope',
  '/shadow?gate=nope&since=x',
  '/shadow?since=x',
  '/shadow?gate=nope&portfolio=nope',
  '/activation?gate=nope&portfolio=nope',
  '/activation',
  '/shadow',
  '/plans/a:b?since=x',
  '/plans/a:b?portfolio=nope',
  `/plans/${LONG.slice(0, 129)}`,
  '/plans/%20',
  '/plans/',
  '/policies/nope',
  '/policies/nope?portfolio=nope',
  '/dead-letters/nope',
  '/nope',
  '/status/',
  '/status?since=x&limit=x',
  '/policies?limit=x',
  '/status?portfolio=nope&portfolio=quantum',
  '/status?portfolio=quantum&portfolio=nope',
  '/status?portfolio=',
  '/status?__proto__=1&constructor=2',
  '/ledger?__proto__=1&limit=x',
];

/** The routes of the risk governor, whose parameters are in the path and the query alone. */
export const BUDGET: readonly (readonly ['GET' | 'POST', string])[] = [
  ...['BTCUSDT', 'a:b', '%20', '%C3%84', LONG.slice(0, 129), 'A?portfolio=nope', 'a:b?portfolio=nope', 'A?x=1'].map(
    (rest) => ['GET', `/budget/${rest}`] as const,
  ),
  ...[
    '',
    'symbol=A',
    'symbol=A&position_notional=1e3',
    'symbol=a:b&position_notional=x',
    'position_notional=1',
    'symbol=a:b&symbol=A&position_notional=x&position_notional=%207%20',
    'symbol=A&position_notional=',
    'symbol=A&position_notional=NaN',
    'symbol=A&position_notional=1e400',
    'symbol=A&position_notional=0x10&portfolio=nope',
  ].map((query) => ['POST', `/budget/check?${query}`] as const),
  ...['', 'equity_usd=1', 'equity_usd=x&drawdown=y', 'equity_usd=1&drawdown=y', 'drawdown=1', 'portfolio=nope'].map(
    (query) => ['POST', `/test/inject_portfolio_state?${query}`] as const,
  ),
];

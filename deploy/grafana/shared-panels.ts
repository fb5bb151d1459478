import type { Panel } from './panels.ts';

const OFF = { text: 'off', color: 'green' };
const MODES = { '0': { text: 'SHADOW', color: 'blue' }, '1': { text: 'ENFORCE', color: 'purple' } };

/** Portfolio heat. */
export const heat: Panel = {
  title: 'Portfolio heat',
  about: 'Sum of |notional| × sigma over equity. COLD below HEAT_MIN, HOT from HEAT_MAX. 0 also where it is unknown.',
  unit: 'none',
  queries: [{ expr: 'max by (portfolio) (p26_heat_value{portfolio=~"$portfolio"})', legend: 'heat {{portfolio}}' }],
};

/** Kill switch. */
export const killSwitch: Panel = {
  title: 'Kill switch',
  about: 'While it is on nothing gets a permit.',
  unit: 'none',
  queries: [{ expr: 'max(quantum_govern_kill_switch{portfolio=~"$portfolio"})', legend: 'kill switch' }],
  words: { '0': OFF, '1': { text: 'ON: nothing executes', color: 'red' } },
};

/** Governor armed. */
export const armed: Panel = {
  title: 'Governor armed',
  about: 'Disarmed: OPEN plans are refused until somebody arms it. CLOSE plans pass.',
  unit: 'none',
  queries: [{ expr: 'min(quantum_govern_armed{portfolio=~"$portfolio"})', legend: 'armed' }],
  words: { '0': { text: 'DISARMED', color: 'red' }, '1': { text: 'armed', color: 'green' } },
};

/** Trading state. */
export const tradingState: Panel = {
  title: 'Trading state',
  about: 'REDUCING refuses OPEN plans, HALTED refuses all.',
  unit: 'none',
  queries: [{ expr: 'max by (state) (quantum_govern_trading_state{portfolio=~"$portfolio"})', legend: '{{state}}' }],
  words: { '0': { text: '-', color: 'text' }, '1': { text: 'in force', color: 'orange' } },
};

/** Permits and blocks. */
export const permits: Panel = {
  title: 'Permits and blocks',
  about: 'Plans a minute that got a permit, and that were denied.',
  unit: 'none',
  queries: [
    { expr: 'sum(rate(quantum_govern_allow_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'permits' },
    { expr: 'sum(rate(quantum_govern_block_total{portfolio=~"$portfolio"}[5m])) * 60', legend: 'blocks' },
  ],
};

/** Redis. */
export const redisUp: Panel = {
  title: 'Redis',
  about: 'While it is away nothing is judged, and what is not known is absent here.',
  unit: 'none',
  queries: [{ expr: 'min by (portfolio) (portcullis_redis_up{portfolio=~"$portfolio"})', legend: '{{portfolio}}' }],
  words: { '0': { text: 'AWAY', color: 'red' }, '1': { text: 'answers', color: 'green' } },
};

/** Waiting longest. */
export const lag: Panel = {
  title: 'Waiting longest',
  about: 'Age of the oldest message that no worker was given. Over 30 s is an alert.',
  unit: 's',
  queries: [{ expr: 'max by (handler) (portcullis_lag_seconds{portfolio=~"$portfolio"})', legend: '{{handler}}' }],
  limits: [5, 30],
};

/** Exits softened, share of the last hour. */
export const softened: Panel = {
  title: 'Exits softened, share of the last hour',
  about: 'Of all proposals, in shadow what would have been softened. Over 80 % is an alert.',
  unit: 'percentunit',
  queries: [
    { expr: 'portcullis:p26_downgraded:ratio_rate1h{portfolio=~"$portfolio"}', legend: 'softened {{portfolio}}' },
  ],
  limits: [0.5, 0.8],
};

/** Heat gate. */
export const heatMode: Panel = {
  title: 'Heat gate',
  about: 'Mode of the gate.',
  unit: 'none',
  queries: [{ expr: 'max(p26_enforce_mode{portfolio=~"$portfolio"})', legend: 'mode' }],
  words: MODES,
};

/** Risk governor. */
export const budgetMode: Panel = {
  title: 'Risk governor',
  about: 'Mode of the gate.',
  unit: 'none',
  queries: [{ expr: 'max(p28_enforce_mode{portfolio=~"$portfolio"})', legend: 'mode' }],
  words: MODES,
};

/** Governor. */
export const governorMode: Panel = {
  title: 'Governor',
  about: 'testnet leaves out the production gates, dry_run only says what it would do.',
  unit: 'none',
  queries: [{ expr: 'max by (mode) (quantum_govern_mode{portfolio=~"$portfolio"})', legend: '{{mode}}' }],
  words: { '0': { text: '-', color: 'text' }, '1': { text: 'in force', color: 'purple' } },
};

/** Dead letters. */
export const deadLetters: Panel = {
  title: 'Dead letters',
  about: 'Messages that could not be understood or judged. Any new one is an alert.',
  unit: 'none',
  queries: [{ expr: 'max by (handler) (portcullis_dead_letters{portfolio=~"$portfolio"})', legend: '{{handler}}' }],
};

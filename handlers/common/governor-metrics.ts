import { lossReasons } from '../../schemas/loss-limits.ts';
import type { MetricSpec } from '../contract/handler.ts';

/** What was switched off stays off while Redis is away, and its alert must not resolve. */
const SWITCH = { type: 'gauge', kept: true, acrossPortfolios: 'max' } as const;

/** The metric families of the governor (contract §4). */
export const GOVERNOR_METRICS: readonly MetricSpec[] = [
  { name: 'quantum_govern_allow_total', type: 'counter', help: 'Permits given', labels: ['symbol'] },
  { name: 'quantum_govern_block_total', type: 'counter', help: 'Plans denied by us', labels: ['symbol', 'reason'] },
  {
    name: 'quantum_govern_strategy_plans_total',
    type: 'counter',
    help: 'Plans by what became of them, of each strategy that a limit names, and of all others',
    labels: ['strategy', 'verdict'],
  },
  {
    name: 'quantum_govern_disarm_total',
    type: 'counter',
    help: 'Times the governor disarmed itself',
    labels: ['reason'],
    initial: [{ reason: 'burst_limit_exceeded' }, { reason: 'evaluation_errors' }],
  },
  {
    name: 'quantum_govern_exec_count_hour',
    type: 'gauge',
    help: 'OPEN permits of a symbol within an hour',
    labels: ['symbol'],
  },
  {
    name: 'quantum_govern_exec_count_5min',
    type: 'gauge',
    help: 'OPEN permits of a symbol within five minutes',
    labels: ['symbol'],
  },
  { ...SWITCH, name: 'quantum_govern_kill_switch', help: '1 while the kill switch is on' },
  {
    name: 'quantum_govern_data_lost',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 while OPEN plans are refused because Redis lost data and positions were not reported afresh since',
  },
  {
    ...SWITCH,
    name: 'quantum_govern_loss_latched',
    help: '1 while OPEN plans are refused because a loss limit was reached',
  },
  {
    ...SWITCH,
    name: 'quantum_govern_loss_near',
    help: '1 while a loss, or losses in a row, are at the share of their limit that warns, or above',
  },
  {
    name: 'quantum_govern_loss_trips_total',
    type: 'counter',
    help: 'Times a loss limit was reached',
    labels: ['reason'],
    initial: [...Object.values(lossReasons), 'consecutive_losses'].map((reason) => ({ reason })),
  },
  {
    ...SWITCH,
    acrossPortfolios: 'min',
    name: 'quantum_govern_armed',
    help: '0 while OPEN plans are refused until somebody arms',
  },
  {
    ...SWITCH,
    name: 'quantum_govern_trading_state',
    help: '1 for the trading state in force, 0 for the others',
    labels: ['state'],
  },
  {
    name: 'quantum_govern_mode',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 for the mode in force, 0 for the others',
    labels: ['mode'],
  },
];

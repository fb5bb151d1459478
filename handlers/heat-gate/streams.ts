import { plan, timestamp } from '../../schemas/api/streams/described.ts';
import type { heatDecisionFields } from '../../schemas/harvest.ts';
import { streams } from '../../schemas/keys.ts';
import type { InputWords, OutputStream } from '../contract/handler.ts';

/** What a proposed exit is. */
export const proposalWords: InputWords = {
  summary: 'Exits that strategies propose',
  writers: 'Strategies',
  readers: '',
  fields: {
    ...plan,
    'action?': 'What is proposed, such as FULL_CLOSE; failing that `harvest_action`',
    'harvest_action?': 'The same by its older name',
    'trace_id?': 'Made from the id of the entry when missing',
    'strategy?': 'Which strategy proposes it; the decision names it',
    'reason?': 'Why, in words: some reasons protect an exit',
    'reason_codes?': 'The same as a comma list of codes',
  },
  more: true,
};

const DECISION_WORDS: Readonly<Record<(typeof heatDecisionFields)[number], string>> = {
  ts_epoch: 'Unix seconds of the decision',
  symbol: plan.symbol,
  plan_id: plan.plan_id,
  in_action: 'The action as proposed',
  out_action: 'The action after it, with the suffix of the proposal',
  heat_level: '`cold`, `warm`, `hot`, or `unknown` when it failed closed',
  heat_score: 'The heat',
  heat_action: '`NONE` or `DOWNGRADE_FULL_TO_PARTIAL`',
  recommended_partial: '`0.25` or `0.75`; empty when nothing was softened',
  reason: '`ok`, or why the heat is not known',
  inputs_age_sec: 'Age of the portfolio state in seconds; empty where that has no time',
  mode: '`shadow` or `enforce`',
  debug_json: 'JSON object: totals, and symbols with something missing',
};

/** What the heat gate writes to streams. */
export const heatGateStreams: readonly OutputStream[] = [
  {
    direction: 'out',
    name: streams.calibrated,
    summary: 'Proposed exits as the heat gate would have them',
    writers: 'Heat gate',
    readers: 'Executors',
    fields: {
      trace_id: 'Of the proposal, or made from its id',
      ...plan,
      original_action: 'The action as proposed',
      calibrated_action: 'The action to take',
      heat_value: 'The heat',
      heat_bucket: '`COLD`, `WARM` or `HOT`',
      mode: '`shadow` or `enforce`',
      calibrated: 'Always `true`',
      reason: 'Such as `portfolio_heat_cold` or `fail_closed_no_positions`',
      timestamp,
    },
    more: true,
  },
  {
    direction: 'both',
    name: streams.heatDecisions,
    summary: 'Decisions of the heat gate',
    writers: 'Heat gate',
    readers: 'Dashboards',
    fields: DECISION_WORDS,
  },
];

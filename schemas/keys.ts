/** Names of the streams, without the portfolio prefix and `stream:` (contract §1 to §6). */
export const streams = {
  proposals: 'harvest.proposal',
  calibrated: 'harvest.calibrated',
  heatDecisions: 'harvest.heat.decision',
  heatHistory: 'heat.history',
  snapshots: 'position.snapshot',
  violations: 'budget.violation',
  plans: 'apply.plan',
  results: 'apply.result',
  governorEvents: 'governor.events',
  decisions: 'decisions',
  decisionFacts: 'decision.facts',
  ledger: 'ops.ledger',
  feedAccount: 'feed.account',
  feedMarket: 'feed.market',
  feedCluster: 'feed.cluster',
  feedEvents: 'feed.events',
} as const;

/** Families of hashes that are kept in memory, one hash a symbol (or cluster): `{prefix}:{family}:{name}`. */
export const families = {
  market: 'state:market',
  marketOld: 'marketstate',
  positionSnapshot: 'position:snapshot',
  positionState: 'state:positions',
  clusterStress: 'cluster:stress',
} as const;

/** Every key on the wire, without the portfolio prefix; the runtime puts `{prefix}:` in front. */
export const keys = {
  stream: (name: string) => `stream:${name}`,
  portfolioState: 'state:portfolio',
  lastKnownGood: 'state:portfolio:lkg',
  heatState: 'state:heat',
  liveProposal: (symbol: string) => `harvest:proposal:${symbol}`,

  heatByPlan: (planId: string) => `harvest:heat:by_plan:${planId}`,
  heatLatest: (symbol: string) => `harvest:heat:latest:${symbol}`,
  heatLatestPlan: (symbol: string) => `harvest:heat:latest_plan_id:${symbol}`,
  bridgeDedupe: (planId: string) => `dedupe:p27:${planId}`,

  /** High-water mark of equity, and what the account feed remembers of its last trusted reading. */
  highWaterMark: 'state:portfolio:hwm',
  /** The reading that is not believed yet. */
  doubt: 'state:portfolio:doubt',
  /** Hash: symbol → what its trade under way, or just closed, has realised, JSON. */
  trades: 'state:portfolio:trades',
  /** Hash: symbol, and `*` for all → losses in a row, Unix ms of the last of them, and the last result, JSON. */
  lossStreaks: 'state:portfolio:streaks',
  positionSnapshot: (symbol: string) => `position:snapshot:${symbol}`,
  positionState: (symbol: string) => `state:positions:${symbol}`,
  market: (symbol: string) => `state:market:${symbol}`,
  /** Hash: open time in Unix ms → `open,high,low,close,volume` of a closed candle. */
  candles: (symbol: string, interval: string) => `market:candles:${symbol}:${interval}`,
  /** Hash: Unix ms of a funding payment → `rate,mark`; `from`, `next`: Unix ms between which none is missing. */
  funding: (symbol: string) => `market:funding:${symbol}`,
  clusterStress: (cluster: string) => `cluster:stress:${cluster}`,
  /** Hash: symbol → what the account feed last reported of it as held, JSON. */
  feedHeld: 'feed:held',
  /** Hash: symbol → how another producer's position differs from the exchange's, JSON. */
  feedDifferences: 'feed:differences',
  /** What a collector last said of its feed. */
  feed: (name: string) => `feed:status:${name}`,

  clusterMap: 'cluster:map',
  /** Hash: held symbol in no cluster → why. */
  clusterMissing: 'cluster:missing',
  clusterState: 'portfolio:cluster_state',
  /** Hash: figures of the book's risk, what each position adds to them, and why one is missing. */
  riskState: 'state:risk',
  budget: (symbol: string) => `portfolio:budget:${symbol}`,

  kill: 'kill',
  permit: (planId: string) => `permit:${planId}`,
  /** List: verdicts on the plans that ask for them there; `mailbox` is `strategy:name`. */
  reply: (mailbox: string) => `reply:${mailbox}`,
  /** The permit that a plan's asker got in its answer, JSON, or how it ended; for as long as the permit is good. */
  asked: (planId: string) => `governor:asked:${planId}`,
  permitted: (planId: string) => `governor:permitted:${planId}`,
  block: (planId: string) => `governor:block:${planId}`,
  lastExec: (symbol: string) => `governor:last_exec:${symbol}`,
  execTimes: (symbol: string) => `governor:exec_times:${symbol}`,
  /** Sorted set: `symbol:source id` → Unix ms of an OPEN permit, of all symbols, for the gauges. */
  execs: 'governor:execs',
  /** Sorted set: source id → Unix ms of an OPEN permit, of all symbols, while their rate is limited. */
  permitTimes: 'governor:permit_times',
  /** When the same order was last permitted, Unix seconds, while such a repeat is refused. */
  lastOrder: (symbol: string, side: string, size: string) => `governor:last_order:${symbol}:${side}:${size}`,
  reserved: 'governor:reserved',
  /** Hash, while what strategies hold is limited: plan id → what its permit came to, JSON; `strategy:symbol` → what several came to; `:since` → Unix ms. */
  strategyUse: 'governor:strategy_use',
  /** Unix ms at which it was begun: without it, and with this, it was lost. */
  strategySince: 'governor:strategy_since',
  /** What a permit was given for, by which strategy, JSON; until its execution is told. */
  strategyOrder: (planId: string) => `governor:strategy_order:${planId}`,
  /** Sorted set: source id → Unix ms of an OPEN permit of a strategy, while their rate is limited. */
  strategyPermits: (strategy: string) => `governor:strategy_permits:${strategy}`,
  governorState: 'governor:state',
  governorToken: 'governor:token',
  /** Hash: what losses are counted against, and the limits that were reached (JSON). */
  lossLatch: 'governor:loss_latch',
  /** Hash: symbol, and `*` for all → a limit on losses in a row that was reached, JSON. */
  lossPauses: 'governor:loss_pauses',
  /** Hash: symbol, and `*` for all → the limit on losses in a row for which it was warned. */
  lossWarned: 'governor:loss_warned',
  /** Hash: what a candidate policy with loss limits is judged on: its `version`, and fields as in `loss_latch` and `loss_pauses`. */
  lossTrial: 'governor:loss_trial',
  /** Hash: when (`at`, Unix ms) it was seen that Redis had lost data; there until positions are reported afresh. */
  dataLost: 'governor:data_lost',
  disarmed: (date: string) => `governor:disarm:${date}`,
  /**
   * Sorted set: `plan_id:symbol:action` (and `:dry_run` of a dry run, `:strategy=NAME` where one asked) → Unix ms at which the permit was given; not yet
   * known to be taken or withdrawn.
   */
  outstanding: 'governor:outstanding',
  /** Sorted set: source id → Unix ms; plans that could not be judged. */
  governorErrors: 'governor:errors',
  /** The value of the kill switch that was last reported. */
  killSeen: 'governor:kill_seen',
  /** Unix ms at which the kill switch was last seen turned on, until every permit of before is revoked. */
  revokeUntil: 'governor:revoke_until',
  cooldownTold: (symbol: string, atMs: number) => `governor:cooldown_told:${symbol}:${atMs}`,
  /** Sorted set: symbol → Unix ms of its newest plan. */
  plannedSymbols: 'governor:planned_symbols',
  /** Hash: what showed that somebody acts on what the gates write, or does not. */
  effectProof: 'governor:effect_proof',
  /** How the permit of a plan was taken back: a plan that is executed all the same had none. */
  takenBack: (planId: string) => `governor:taken_back:${planId}`,
  /** Set where an executor says of a plan with a permit that it did not execute it. */
  answered: (planId: string) => `governor:answered:${planId}`,
  /** Set once an execution of a plan is counted. */
  executionCounted: (planId: string) => `governor:execution_counted:${planId}`,

  policy: (gate: string) => `policy:${gate}`,
  policyHistory: (gate: string) => `stream:policy.history:${gate}`,
} as const;

const inputStreams: readonly string[] = [streams.proposals, streams.snapshots, streams.plans, streams.results];
const inputKeys: ReadonlySet<string> = new Set([
  ...inputStreams.map(keys.stream),
  keys.portfolioState,
  keys.clusterMap,
  keys.clusterState,
  keys.kill,
]);
const inputFamilies = Object.values(families).map((family) => `${family}:`);

/** Whether other programs write this key (without the portfolio prefix) and the gates only read it; the feeds stand in for such programs. */
export function isInput(name: string): boolean {
  return inputKeys.has(name) || inputFamilies.some((family) => name.startsWith(family));
}

/** Keys of the runtime's own bookkeeping, without the portfolio prefix. Other programs have no business here. */
export const runtimeKeys = {
  lastCommit: (lane: string, worker: string) => `portcullis:commit:${lane}:${worker}`,
  mark: (lane: string) => `portcullis:mark:${lane}`,
  finished: (lane: string) => `portcullis:finished:${lane}`,
  newest: (key: string) => `portcullis:newest:${key}`,
  token: (lane: string) => `portcullis:token:${lane}`,
  /** That the exchange of a feed is to be asked at once: empty, then the name of the worker that took it up. */
  feedAsk: (feed: string) => `portcullis:feed_ask:${feed}`,
  lease: (lane: string) => `portcullis:lease:${lane}`,
  consumers: (lane: string) => `portcullis:consumers:${lane}`,
  worker: (name: string) => `portcullis:worker:${name}`,
  /** Set once it is in the ledger that a trading state is gone. */
  vanished: (state: string) => `portcullis:vanished:${state}`,
  operation: (id: string) => `portcullis:operation:${id}`,
  workers: 'portcullis:workers',
  /** Hash: worker → the limits of the originals that it was given and that are not in force here. */
  droppedLimits: 'portcullis:dropped_limits',
  book: 'portcullis:book',
  /** Stream: for each commit the ids of its first and last decision, their number, and the plans they are about. */
  planIndex: 'portcullis:plan_index',
  /** Hash: kind → the newest entry of that kind in `decision.facts`: its id, that of its whole one, SHA-256, patches since, Unix ms of the whole one. */
  newestFacts: 'portcullis:newest_facts',
  /** Id of the last snapshot that was put among the dead letters. */
  unusableSnapshots: 'portcullis:unusable_snapshots',
  /** Number of the schema that the keys of this portfolio have. */
  schema: 'portcullis:schema',
  /** Text that names this data set: another one, or none, after the data were lost. */
  dataSet: 'portcullis:data_set',
  /** How many commits there were: it never goes back but with the data. */
  commits: 'portcullis:commits',
  /** Since when (Unix ms) the marks of losses count that a file was written of. */
  lossFiled: 'portcullis:loss_filed',
  /** There while a process keeps such a file. */
  lossFileSeen: 'portcullis:loss_file_seen',
  outbox: 'portcullis:outbox',
  /** Stream: alerts for the webhook, JSON in the field `alert`. */
  alerts: 'portcullis:alerts',
  /** Hash: what alerts were told of and are not over, by which look, the last that was sent, and why the next cannot be. */
  alertsTold: 'portcullis:alerts_told',
  /** Sorted set: the ids of the ticks that were put on the handler's stream, by Unix ms. */
  made: (handler: string) => `portcullis:made:${handler}`,
  lastTick: 'portcullis:last_tick',
  /** Set: the shared queues that jobs of this portfolio were put in, each as the beginning of its keys and its name. */
  queues: 'portcullis:queues',
  simulatedClock: 'portcullis:clock',
  /** A session of the console, by the hash of its id. */
  session: (hash: string) => `portcullis:session:${hash}`,
  /** A one-time link into the console, by the hash of its code: the name of whoever it was made for. */
  entryLink: (hash: string) => `portcullis:link:${hash}`,
  /** Where the console is served, for as long as it is. */
  consoleAddress: 'portcullis:console',
  /** Hash: worker → version and Unix ms of the change of a gate's policy that it noticed last. */
  followed: (gate: string) => `portcullis:followed:${gate}`,
  /** The last rehearsal of a gate's rollback. */
  rehearsal: (gate: string) => `portcullis:rehearsal:${gate}`,
  /** Hash: hour (Unix ms / 3,600,000) → its minutes in which a worker of the gate ran, as 60 bits in hex, the first the lowest of the first digit. */
  upTime: (gate: string) => `portcullis:up_time:${gate}`,
  /** Hash: SHA-256 of settings that decisions of a gate were judged again by → first and last of these days (Unix days). */
  tries: (gate: string) => `portcullis:tries:${gate}`,
  /** The last activation of a gate, and how its watch stands. */
  activation: (gate: string) => `portcullis:activation:${gate}`,
  /** Who plays the demo; there is one at a time. */
  demoTurn: 'portcullis:demo_turn',
  /** The demo's month with limits beside the one without, JSON. */
  demoBeside: 'portcullis:demo_beside',
  /** The scratch portfolio that is to be hosted for a proof, JSON; there is one at a time. */
  proof: 'portcullis:prove',
  /** Set: prefixes of scratch portfolios that are not cleared away yet. */
  scratches: 'portcullis:scratches',
  /** Id of the proof that was begun last over HTTP, how it stands, JSON, and the id of one that is to be stopped. */
  proofLast: 'portcullis:proof_last',
  proofRun: (id: string) => `portcullis:proof_run:${id}`,
  proofStop: 'portcullis:proof_stop',
  /** Prefix of the demo that stands on this portfolio, for as long as the process that has it lives. */
  demoAlive: 'portcullis:demo_alive',
  /** How the last demo that was begun over HTTP stands, JSON. */
  demoRun: 'portcullis:demo_run',
  /** Prefix of a demo that is to end, and who asks for it, why. */
  demoStop: 'portcullis:demo_stop',
  /** Set: prefixes of demos that are not deleted yet. */
  demos: 'portcullis:demos',
  /** On the demo, set: processes that show it beside the one that plays it. */
  demoShown: 'portcullis:demo_shown',
  /** On the scratch portfolio: what a worker that hosts it says of itself, JSON. */
  proofHost: (worker: string) => `portcullis:prove_host:${worker}`,
} as const;

import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { ProposalBody, TightenBody } from '../../../schemas/api/agent.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { AskBody, PermitResultBody } from '../../../schemas/api/permit.ts';
import type { Explanation } from '../../../schemas/api/plan.ts';
import { identifier } from '../../../schemas/api/shapes.ts';
import { NotAnswered, type System } from './system.ts';

const JUDGED_WITHIN_MS = 2_000;
const LOOKED_EVERY_MS = 100;

/** What an agent can call. */
export interface Tool {
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodType;
  /** Whether it only looks. */
  readonly looks: boolean;
  /** Asks the running system; its answer is data. */
  run(system: System, args: never): Promise<unknown>;
}

function tool<I extends z.ZodType>(
  declared: Omit<Tool, 'input' | 'run'> & {
    readonly input: I;
    run(system: System, args: z.output<I>): Promise<unknown>;
  },
): Tool {
  return declared;
}

const planId = identifier.describe('Of the permit or the proposal');
const text = (what: string) => z.string().min(1).max(200).optional().describe(what);
const why = { reason: TightenBody.shape.reason.describe('Why, in words; kept in the ops ledger') };

const Headroom = z.strictObject({
  symbol: identifier.optional().describe('Of an order that would open; without it only the limits of the portfolio'),
  side: z.enum(['BUY', 'SELL']).default('BUY'),
  price: z.number().positive().optional().describe('Of a limit order, US dollars'),
});

const Decisions = z.strictObject({
  gate: text('Only of this gate; all others with ! before it'),
  symbol: text('Only of this symbol'),
  verdict: text('Only with this verdict, such as BLOCK'),
  reason: text('Only with this reason, such as symbol_cooldown'),
  text: text('Only with this text anywhere in the row'),
  before: text('`next` of the page before'),
  limit: z.int().min(1).max(100).default(20),
});

/** The tools of an agent by their names: it asks, proposes exits, looks, and tightens. None of them loosens anything. */
export const tools: Readonly<Record<string, Tool>> = {
  ask_permit: tool({
    title: 'Ask for a permit',
    description:
      'Ask before every order. granted: place exactly this order before expires_at, with plan_id as client order id, then call report_result. Not granted: place nothing; reason, checks and largest say why and what would pass. An error is no permit.',
    input: AskBody,
    looks: false,
    run: (system, body) => system.call({ method: 'POST', path: '/permits', body, longerMs: body.timeout_ms }),
  }),
  report_result: tool({
    title: 'Report what became of a permitted order',
    description: 'After every order that was placed with a permit; rejected gives its room back at once.',
    input: PermitResultBody.extend({ plan_id: planId }),
    looks: false,
    run: (system, { plan_id, ...body }) =>
      system.call({ method: 'POST', path: `/permits/${encodeURIComponent(plan_id)}/result`, body }),
  }),
  give_back: tool({
    title: 'Give back a permit that was not used',
    description: 'Only where no order was placed with it.',
    input: z.strictObject({ plan_id: planId }),
    looks: false,
    run: (system, { plan_id }) => system.call({ method: 'DELETE', path: `/permits/${encodeURIComponent(plan_id)}` }),
  }),
  propose_exit: tool({
    title: 'Propose an exit',
    description:
      'The heat gate judges it: while risk is low a full close may become a partial one. Answers with what it made of it. Whoever executes exits does the rest; to close by yourself, ask_permit with reduce_only.',
    input: ProposalBody,
    looks: false,
    run: proposeExit,
  }),
  headroom: tool({
    title: 'How much room the limits leave',
    description:
      'How much of every limit is used. With a symbol also what an order that opens would get now, and the largest size that would pass. Nothing is reserved: only ask_permit counts.',
    input: Headroom,
    looks: true,
    run: headroom,
  }),
  heat: tool({
    title: 'The heat of the portfolio',
    description: 'Heat, its bucket (COLD, WARM, HOT), what each position adds to it, and the risk of the book.',
    input: z.strictObject({}),
    looks: true,
    async run(system) {
      const { at, equity_usd, heat, positions_known, positions, remainder, risk } = await overview(system);
      return { at, equity_usd, heat, positions_known, positions, remainder, risk };
    },
  }),
  explain: tool({
    title: 'Why a plan was permitted or refused',
    description: 'The whole way of a plan or a proposal, station by station.',
    input: z.strictObject({ plan_id: planId, since: text('How far to look back, such as 48h') }),
    looks: true,
    run: (system, { plan_id, since }) => explained(system, plan_id, since),
  }),
  decisions: tool({
    title: 'The decision log',
    description: 'What the gates decided, newest first.',
    input: Decisions,
    looks: true,
    run: (system, query) => system.call({ method: 'GET', path: '/decisions', query: { ticks: false, ...query } }),
  }),
  reduce_only_on: tool({
    title: 'Let only orders that close pass',
    description:
      'For the whole portfolio, at once. A person takes it back; you cannot. Where it is as tight already, nothing changes.',
    input: z.strictObject(why),
    looks: false,
    run: (system, { reason }) => tighten(system, 'reduce_only', reason),
  }),
  pause: tool({
    title: 'Pause your own strategy',
    description: 'It opens nothing from then on; its closes pass. A person resumes it; you cannot.',
    input: z.strictObject(why),
    looks: false,
    run: (system, { reason }) => tighten(system, 'pause', reason),
  }),
};

/** The tool that `MCP_ALLOW_KILL` adds. */
export const killTools: typeof tools = {
  kill_on: tool({
    title: 'Turn the kill switch on',
    description:
      'No order gets a permit any more, orders that close neither, and permits that were not taken are revoked. A person takes it back; you cannot. reduce_only_on is nearly always what you want.',
    input: z.strictObject(why),
    looks: false,
    run: (system, { reason }) => tighten(system, 'kill', reason),
  }),
};

function tighten(system: System, to: (typeof TightenBody.shape.to.options)[number], reason: string) {
  return system.call({ method: 'POST', path: '/tighten', body: { to, reason } });
}

async function overview(system: System): Promise<Overview> {
  return (await system.call({ method: 'GET', path: '/overview' })) as Overview;
}

async function explained(system: System, id: string, since?: string): Promise<z.output<typeof Explanation>> {
  const path = `/plans/${encodeURIComponent(id)}`;
  return (await system.call({ method: 'GET', path, query: { since }, accepts: 404 })) as z.output<typeof Explanation>;
}

/** What the heat gate made of it, where it did so within two seconds. Once proposed it is never told as an error: it would be proposed twice. */
async function proposeExit(system: System, body: z.output<typeof ProposalBody>) {
  const proposal = (await system.call({ method: 'POST', path: '/proposals', body })) as { plan_id: string };
  for (const endMs = performance.now() + JUDGED_WITHIN_MS; performance.now() < endMs; await wait(LOOKED_EVERY_MS)) {
    const seen = await explained(system, proposal.plan_id).catch(unlessUnanswered);
    const judged = seen?.steps.find(({ step }) => step === 'heat');
    if (judged !== undefined) return { ...proposal, summary: seen?.summary, judged };
  }
  return {
    ...proposal,
    summary: 'Proposed, and not judged yet: explain tells later. Do not propose it again.',
    judged: null,
  };
}

function unlessUnanswered(error: unknown): undefined {
  if (!(error instanceof NotAnswered)) throw error;
}

async function headroom(system: System, { symbol, side, price }: z.output<typeof Headroom>) {
  const { at, kill, trading_state, armed, loss, limits } = await overview(system);
  const now = { at, kill_switch: kill.on, trading_state, armed, loss, limits };
  if (symbol === undefined) return now;
  const action = side === 'BUY' ? 'OPEN_LONG' : 'OPEN_SHORT';
  const entry = { symbol, action, side, notional_usd: 1, ...(price !== undefined && { price }) };
  const order = await system.call({ method: 'POST', path: '/evaluate', body: { entry } });
  return { ...now, order };
}

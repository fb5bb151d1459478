import { z } from 'zod';
import { ActivationView } from '../../../schemas/api/activation.ts';
import { Budgets } from '../../../schemas/api/budget.ts';
import { DeadLetterCounts, DeadLetterPage } from '../../../schemas/api/dead-letter.ts';
import { DecisionPage } from '../../../schemas/api/decision.ts';
import { Gates } from '../../../schemas/api/gate.ts';
import { LedgerPage, LedgerVerdict } from '../../../schemas/api/ledger.ts';
import { HeatHistory, Overview } from '../../../schemas/api/overview.ts';
import { EvaluationAnswers, Explanation } from '../../../schemas/api/plan.ts';
import { Policies, PolicyPage, PolicyPreview, PolicyPreviewBody } from '../../../schemas/api/policy.ts';
import { ActionPreview, PreviewBody } from '../../../schemas/api/preview.ts';
import { ShadowReport } from '../../../schemas/api/shadow.ts';
import { Status } from '../../../schemas/api/status.ts';
import { StreamPositions } from '../../../schemas/api/stream.ts';
import { Questions } from '../../../schemas/evaluation.ts';
import { type DescribedRoute, gateParameter, momentParameter, pageParameters, textParameter } from './route.ts';

/** The routes that look, and change nothing. */
export const lookRoutes: readonly DescribedRoute[] = [
  { method: 'get', path: '/status', tag: 'Now', summary: 'What portcullis status shows', answer: Status },
  {
    method: 'get',
    path: '/overview',
    tag: 'Now',
    summary: 'Heat, positions, limits, modes, and what is wrong',
    answer: Overview,
  },
  {
    method: 'get',
    path: '/events',
    tag: 'Now',
    summary: 'What happens, as server-sent events',
    description:
      'Events: `decisions` (LiveDecisions; its id is that of the last decision it covers), `overview` (Overview), `ledger` (LedgerRow) and `reset` (the log no longer has what was missed: load the tape anew). `Last-Event-ID` resumes exactly.',
    query: [textParameter('last_event_id', 'The last event seen, where the header cannot be sent')],
    answer: 'text/event-stream',
  },
  {
    method: 'get',
    path: '/heat/history',
    tag: 'Now',
    summary: 'The heat over time',
    query: [
      momentParameter('since', 'From when on, by default 24 hours before `until`'),
      momentParameter('until', 'To when, by default now'),
    ],
    answer: HeatHistory,
  },
  { method: 'get', path: '/budgets', tag: 'Now', summary: 'Budgets beside positions, and violations', answer: Budgets },
  {
    method: 'get',
    path: '/decisions',
    tag: 'Decisions',
    summary: 'The decision log, newest first',
    description: 'A search that finds little ends after two seconds; `next` goes on from there.',
    query: [
      textParameter('gate', 'Only of this gate, or of this one handler'),
      textParameter('symbol', 'Only of this symbol'),
      textParameter('verdict', 'Only with this verdict, such as BLOCK'),
      textParameter('reason', 'Only with this reason, such as symbol_cooldown'),
      textParameter('text', 'Only with this text anywhere in the row'),
      ...pageParameters,
    ],
    answer: DecisionPage,
  },
  {
    method: 'get',
    path: '/plans/{id}',
    tag: 'Decisions',
    summary: 'The whole way of a plan',
    description: 'Without any trace of the plan the same answer comes with 404.',
    query: [momentParameter('since', 'How far to look back')],
    answer: Explanation,
    refusals: [404],
  },
  {
    method: 'get',
    path: '/shadow',
    tag: 'Decisions',
    summary: 'What a gate changed over a time, or would have: how soundly, and what that came to',
    description:
      'The shadow report of `portcullis report`. One is made at a time for each portfolio; who asks the same within ten seconds shares it.',
    query: [
      gateParameter('The gate: heat-gate, risk-governor, governor, or one of your own that decides'),
      momentParameter('since', 'From when on, by default the last 48 hours'),
    ],
    answer: ShadowReport,
    refusals: [409],
  },
  {
    method: 'post',
    path: '/evaluate',
    tag: 'Decisions',
    summary: 'What a gate would decide about an entry, or about each of a list',
    body: Questions,
    answer: EvaluationAnswers,
  },
  {
    method: 'get',
    path: '/activation',
    tag: 'Policies',
    summary: 'The checklist of an activation with its figures, and how the last activation stands',
    gates: 'modes',
    query: [gateParameter('The gate')],
    answer: ActivationView,
    refusals: [409],
  },
  {
    method: 'get',
    path: '/policies',
    tag: 'Policies',
    summary: 'The limits of all gates, and who says so',
    answer: Policies,
  },
  {
    method: 'get',
    path: '/policies/{gate}',
    gates: 'limits',
    tag: 'Policies',
    summary: 'The policy of a gate with its versions',
    answer: PolicyPage,
    refusals: [404],
  },
  {
    method: 'post',
    path: '/policies/{gate}/preview',
    gates: 'limits',
    tag: 'Policies',
    summary: 'What other limits would change, and would have changed in 24 hours',
    body: PolicyPreviewBody,
    answer: PolicyPreview,
    refusals: [404, 409],
  },
  {
    method: 'get',
    path: '/dead-letters',
    tag: 'Records',
    summary: 'How many dead letters each stream has',
    answer: DeadLetterCounts,
  },
  {
    method: 'get',
    path: '/dead-letters/{stream}',
    tag: 'Records',
    summary: 'The dead letters of a stream, newest first',
    query: pageParameters,
    answer: DeadLetterPage,
    refusals: [404],
  },
  {
    method: 'get',
    path: '/gates',
    tag: 'Now',
    summary: 'What every gate declares: its modes, streams, limits, reasons and metrics, in words',
    answer: Gates,
  },
  {
    method: 'get',
    path: '/streams',
    tag: 'Records',
    summary: 'How far every stream goes, and whether it is ahead of the clock',
    answer: StreamPositions,
  },
  {
    method: 'get',
    path: '/ledger',
    tag: 'Records',
    summary: 'Who changed what, when and why, newest first',
    query: pageParameters,
    answer: LedgerPage,
  },
  {
    method: 'get',
    path: '/ledger/verify',
    tag: 'Records',
    summary: 'Whether the ledger is as it was written',
    answer: LedgerVerdict,
  },
  {
    method: 'post',
    path: '/preview',
    tag: 'Changes',
    summary: 'What a change would do, in words for whoever confirms it',
    body: PreviewBody,
    answer: ActionPreview,
    refusals: [409],
  },
  {
    method: 'get',
    path: '/openapi.json',
    tag: 'Now',
    summary: 'This description',
    answer: z.looseObject({ openapi: z.string() }),
  },
];

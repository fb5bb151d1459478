import { z } from 'zod';
import {
  ActivateBody,
  Activated,
  RollbackBody as GateRollbackBody,
  Rehearsal,
  RolledBack,
} from '../../../schemas/api/activation.ts';
import {
  BecauseBody,
  ClearAnswer,
  ClearBody,
  KillAllAnswer,
  KillAnswer,
  KillBody,
  ModeAnswer,
  ModeBody,
  StateAnswer,
  StateBody,
} from '../../../schemas/api/change.ts';
import { DeadLettersBody, DropAnswer, ReplayAnswer } from '../../../schemas/api/dead-letter.ts';
import { CandidateAnswer, CandidateBody, PolicyBody, PolicyChange, RollbackBody } from '../../../schemas/api/policy.ts';
import { RejudgeAnswer, RejudgeBody, StreamRepairAnswer } from '../../../schemas/api/stream.ts';
import type { DescribedRoute } from './route.ts';

type Change = Omit<DescribedRoute, 'method' | 'tag' | 'changes'>;

const switches: readonly Change[] = [
  {
    path: '/kill',
    summary: 'Turn the kill switch on or off',
    description:
      'Without `portfolio`, `"state":"on"` is for all portfolios: where there are several, the answer is a list.',
    body: KillBody,
    answer: z.union([KillAnswer, KillAllAnswer]),
  },
  { path: '/arm', summary: 'Let plans that open a position be judged again', body: BecauseBody, answer: StateAnswer },
  { path: '/disarm', summary: 'Refuse every plan that opens a position', body: BecauseBody, answer: StateAnswer },
  { path: '/state', summary: 'Set the trading state', body: StateBody, answer: StateAnswer },
  { path: '/mode', summary: 'Put a gate into a mode', gates: 'modes', body: ModeBody, answer: ModeAnswer },
  { path: '/positions/clear', summary: 'Declare a position closed', body: ClearBody, answer: ClearAnswer },
];

const activations: readonly Change[] = [
  {
    path: '/activate',
    summary: 'Put a gate into its enforcing mode by its checklist, under watch',
    description: 'Refused where a line of the checklist is not as it should be, unless it is forced.',
    gates: 'modes',
    body: ActivateBody,
    answer: Activated,
  },
  {
    path: '/rollback',
    summary: 'Put a gate back into the mode in which it only shows what it would do, or rehearse that',
    gates: 'modes',
    body: GateRollbackBody,
    answer: z.union([RolledBack, Rehearsal]),
  },
];

const policies: readonly Change[] = [
  {
    path: '/policies/{gate}',
    summary: 'Set limits of a gate',
    gates: 'limits',
    body: PolicyBody,
    answer: PolicyChange,
    refusals: [404],
  },
  {
    path: '/policies/{gate}/candidate',
    summary: 'Judge by other limits too, with no effect; or stop it',
    gates: 'limits',
    body: CandidateBody,
    answer: CandidateAnswer,
    refusals: [404],
  },
  {
    path: '/policies/{gate}/rollback',
    summary: 'Put an earlier version in force again, limits and mode',
    gates: 'limits',
    body: RollbackBody,
    answer: PolicyChange,
    refusals: [404],
  },
];

const deadLetters: readonly Change[] = [
  {
    path: '/dead-letters/{stream}/replay',
    summary: 'Put dead letters back on their stream, each once',
    body: DeadLettersBody,
    answer: ReplayAnswer,
    refusals: [404],
  },
  {
    path: '/dead-letters/{stream}/drop',
    summary: 'Delete dead letters for good',
    body: DeadLettersBody,
    answer: DropAnswer,
    refusals: [404],
  },
];

const streamChanges: readonly Change[] = [
  {
    path: '/streams/{stream}/repair',
    summary: 'Take a stream that is ahead of the clock back below it, with its groups',
    description: 'What is not finished is judged under its new id; what is finished stays so.',
    body: BecauseBody,
    answer: StreamRepairAnswer,
    refusals: [404],
  },
  {
    path: '/streams/{stream}/rejudge',
    summary: 'Have finished entries judged again, as new ones',
    body: RejudgeBody,
    answer: RejudgeAnswer,
    refusals: [404],
  },
];

/** The routes that change something; each change is in the ops ledger. */
export const changeRoutes: readonly DescribedRoute[] = [
  ...switches,
  ...activations,
  ...policies,
  ...deadLetters,
  ...streamChanges,
].map((route) => ({
  ...route,
  method: 'post',
  tag: 'Changes',
  changes: true,
  refusals: [...(route.refusals ?? []), 409],
}));

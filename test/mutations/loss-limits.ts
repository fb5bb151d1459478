import type { Mutation } from './mutation.ts';

const JUDGE = 'handlers/common/loss-limits/judge.ts';
const JUDGE_TEST = 'test/handlers/common/loss-limits/judge.test.ts';
const POLICY_TEST = 'test/handlers/governor/policy-limits.test.ts';
const TRIAL_TEST = 'test/handlers/common/loss-limits/trial.test.ts';
const LATCH_TEST = 'test/handlers/common/loss-limits/latch.test.ts';

/** The limits on what an account may lose. */
export const lossLimitMutations: readonly Mutation[] = [
  {
    breaks: 'a loss trips at its limit',
    file: JUDGE,
    from: 'value >= limit &&',
    to: 'value > limit &&',
    test: JUDGE_TEST,
    dies: 'trips exactly at the limit',
  },
  {
    breaks: 'no reading of before a base is lost since it',
    file: JUDGE,
    from: 'atMs >= base.atMs',
    to: 'atMs >= 0',
    test: JUDGE_TEST,
    dies: 'trips exactly when an independent model says',
  },
  {
    breaks: 'a latch refuses whatever the losses of now are',
    file: 'handlers/common/loss-limits/figures.ts',
    from: 'if (held !== undefined) return',
    to: 'if (held === null) return',
    test: LATCH_TEST,
    dies: 'a loss limit that is reached is told once',
  },
  {
    breaks: 'losses that are not known open nothing under the open policy either',
    file: 'handlers/governor/gates.ts',
    from: 'figures.equityDoubted || isLossHidden(figures, limits))',
    to: 'figures.equityDoubted)',
    test: LATCH_TEST,
    dies: 'with a loss limit nothing opens',
  },
  {
    breaks: 'a loss limit takes no exit back',
    file: 'handlers/governor-watch.ts',
    from: '!(opensOnly && onlyCloses(member))',
    to: 'true',
    test: LATCH_TEST,
    dies: 'takes back what opens and was not taken',
  },
  {
    breaks: 'a limit that only a policy sets reads what it rests on',
    file: 'handlers/governor/reads.ts',
    from: '...streakReads,',
    to: '...(settings.GOV_MAX_CONSECUTIVE_LOSSES !== undefined && streakReads),',
    test: POLICY_TEST,
    dies: 'refuses from a policy as it does from the environment',
  },
  {
    breaks: 'a candidate is judged by its own losses',
    file: 'handlers/common/loss-limits/trial.ts',
    from: 'if (version === undefined) return facts;',
    to: 'if (version !== null) return facts;',
    test: TRIAL_TEST,
    dies: 'a candidate says at each reading what the same limits in force say',
  },
];

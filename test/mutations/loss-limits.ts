import type { Mutation } from './mutation.ts';

const JUDGE = 'handlers/common/loss-limits/judge.ts';
const JUDGE_TEST = 'test/handlers/common/loss-limits/judge.test.ts';
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
];

import type { Impact } from './api/policy.ts';
import { counted } from './figure-text.ts';
import { notCarriedWords } from './not-carried-text.ts';

/** How many decisions come out otherwise. */
type Counts = Pick<Impact, 'changed' | 'verdict_changed'>;

/** What a change of limits comes to, a sentence each: both numbers where alone and jointly differ, one where they do not. */
export function impactWords(impact: Impact): readonly string[] {
  const { not_recorded, complete, try_counted, joint } = impact;
  const sentences = [otherwiseText(impact), howJudged(impact)];
  if (!complete) sentences.push('Not all could be judged in the time there is: the oldest were.');
  if (joint !== null) sentences.push(...notCarriedWords(joint.not_carried));
  if (not_recorded > 0) {
    sentences.push(`${not_recorded} more cannot be judged: the log lacks what these limits rest on.`);
  }
  if (!try_counted) sentences.push('Reports will not count these limits among those tried on these days.');
  return sentences;
}

/** How many decisions of the last day would have come out otherwise, as one sentence. */
function otherwiseText({ decisions, joint, ...alone }: Impact): string {
  const of = `Of ${counted(decisions, 'decision')} of the last 24 h`;
  const { changed, verdict_changed } = alone;
  if (joint === null || isSameCount(alone, joint)) {
    return `${of} ${changed} would have come out otherwise, ${verdict_changed} of them with another verdict.`;
  }
  return (
    `${of} ${changed} would have come out otherwise, judged alone, ${verdict_changed} of them with another verdict; ` +
    `${joint.changed}, judged jointly, ${joint.verdict_changed} of them with another verdict.`
  );
}

/** Whether both ways of judging come to the same numbers. */
export function isSameCount(one: Counts, other: Counts): boolean {
  return one.changed === other.changed && one.verdict_changed === other.verdict_changed;
}

/** How they were judged, and what that leaves out. */
function howJudged({ joint, alone_because: why, ...alone }: Impact): string {
  if (joint === null) {
    return `Each is judged alone: what it decides otherwise changes nothing for those behind it. Not judged jointly: ${why}.`;
  }
  if (isSameCount(alone, joint)) return 'As many, judged jointly: each after what those before it came to.';
  return 'Alone, what a decision comes to changes nothing for those behind it; jointly, each is judged after that.';
}

import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import type { Runs } from '../../desk/candles/run-settings.ts';
import { replayRules } from '../../desk/replay/rules.ts';
import { noteTries, type TriesKept } from '../../desk/replay/tries.ts';
import type { Environment } from '../../settings/environment.ts';
import type { Io } from './io.ts';

/** What is said where a policy that was tried could not be noted. */
export function uncountedText(why: string): string {
  return `portcullis: this policy is not counted among those tried on these days, and reports say one less: ${why}\n`;
}

/** A policy that was played, and between which moments, ISO 8601. */
interface PlayedPolicy {
  readonly policy: ReplayPolicy;
  readonly from: string;
  readonly to: string;
}

/**
 * Notes each policy that was played on candles, and the limits in force beside it, gate by gate. Answers whether reports
 * will count them; null where nothing was played but the limits in force. Says on the screen why they will not.
 */
export async function notePlayed(
  io: Io,
  kept: TriesKept,
  { handlers }: Runs,
  environment: Environment,
  played: readonly PlayedPolicy[],
): Promise<boolean | null> {
  const inForce = replayRules(handlers, environment, new Map(), {});
  let counted: boolean | null = null;
  for (const { policy, from, to } of played) {
    const asked = [...replayRules(handlers, environment, new Map(), policy).values()];
    const tried = asked.filter(({ handler }) => handler.rejudge !== undefined && policy[handler.gate] !== undefined);
    if (tried.length === 0) continue;
    const before = tried.flatMap(({ handler }) => inForce.get(handler.name) ?? []);
    const days = { from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 };
    const problem = await noteTries(kept, days, [...before, ...tried]);
    if (problem !== undefined) {
      io.err(uncountedText(problem));
      return false;
    }
    counted = true;
  }
  return counted;
}

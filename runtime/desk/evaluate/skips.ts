import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { SkippedCheck } from '../../../schemas/check-words.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { modeInForce } from '../../engine/policy/mode-watch.ts';
import { faced } from '../../engine/status/faces.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { withLimitsInForce } from './limits.ts';

/** What a gate leaves out in a mode, under the limits in force in its workers, each check by its name in words; by its defaults where a policy cannot be read. */
export async function skippedChecks(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  { gate, mode }: { readonly gate: string; readonly mode: string },
): Promise<readonly SkippedCheck[]> {
  const handler = handlers.find((one) => one.gate === gate && one.skips !== undefined);
  const asking = handler?.settings.safeParse({});
  if (handler === undefined || asking?.success !== true) return [];
  const byDefault = { handler, settings: asking.data as unknown };
  const { settings } = await withLimitsInForce(redis, portfolio, byDefault).catch((error: unknown) => {
    if (error instanceof Refusal) return byDefault;
    throw error;
  });
  const now = modeInForce(mode, handler.modes?.values, handler.modes?.initial ?? '');
  const skips = faced(handler, 'skips', () => handler.skips?.(now, settings)) ?? [];
  return skips.map(({ check, verdict }) => ({ check, verdict, name: handler.checks?.[check]?.name ?? check }));
}

import type { GovernorReason, GovernorSettings } from '../../schemas/governor.ts';
import { standingGates, testnetSkips } from '../../schemas/governor-gates.ts';
import { lastOf } from '../common/last-of.ts';
import type { Check, Ruling } from '../contract/effects.ts';
import type { Skip } from '../contract/faces.ts';
import type { Rules } from '../contract/handler.ts';
import { type CloseFigures, closeChecks } from './close.ts';
import { skipped } from './gate-result.ts';
import { type GateFigures, judgeGates, killSwitch, type Switches } from './gates.ts';

/** What the gates say of a plan. */
export interface PlanRuling {
  readonly checks: readonly Check[];
  /** The first refusal; undefined when none refuses. In dry run only the kill switch refuses. */
  readonly refusal: GovernorReason | undefined;
  /** In dry run: what would have refused. */
  readonly wouldRefuse: GovernorReason | undefined;
}

/** Whether the gates that are skipped in testnet apply in a mode. */
export function isStrict({ mode, settings }: Rules<GovernorSettings>): boolean {
  return mode !== 'testnet' || settings.GOV_TESTNET_STRICT;
}

/** What the governor leaves out in a mode, or only tells of. */
export function planSkips(mode: string, settings: GovernorSettings): readonly Skip[] {
  return isStrict({ mode, settings }) ? [] : testnetSkips;
}

/** Rules over an OPEN plan by its figures alone (contract §4). */
export function ruleOpen(figures: GateFigures, { settings, mode }: Rules<GovernorSettings>): PlanRuling {
  const results = judgeGates(figures, { settings, strict: isStrict({ mode, settings }) });
  const first = results.find((result) => result.reason !== undefined)?.reason;
  const dryRun = mode === 'dry_run' && first !== 'kill_switch_active' && first !== 'restored_unreleased';
  return {
    checks: results.map(({ check }) =>
      dryRun && check.verdict === 'refuse' ? { ...check, verdict: 'would_refuse' } : check,
    ),
    refusal: dryRun ? undefined : first,
    wouldRefuse: dryRun ? first : undefined,
  };
}

/** A CLOSE passes everything but the kill switch: reducing risk is never blocked by a cap. What it asks for beyond its position is said. */
export function ruleClose({ killOn, state, beforeRestore = false }: Switches, figures?: CloseFigures): PlanRuling {
  const ruling = closeRuling(killOn, state, beforeRestore);
  return figures === undefined ? ruling : { ...ruling, checks: [...ruling.checks, ...closeChecks(figures)] };
}

/** The same for every CLOSE of a batch. */
const closeRuling = lastOf((killOn: boolean, state: Switches['state'], beforeRestore: boolean): PlanRuling => {
  const kill = killSwitch({ killOn, state, beforeRestore });
  const others = standingGates.filter((gate) => gate !== 'kill_switch').map((gate) => skipped(gate).check);
  return { checks: [kill.check, ...others], refusal: kill.reason, wouldRefuse: undefined };
});

/** Whether a plan is a burst, which disarms: nothing but the rate limits stood before it. One refused for another cause is none. */
export function isBurst({
  refusal,
  checks,
}: Pick<PlanRuling, 'checks'> & { readonly refusal: string | undefined }): boolean {
  if (refusal !== 'burst_limit_exceeded' && refusal !== 'hourly_limit_exceeded') return false;
  return checks.find(({ gate }) => gate === 'burst_limit')?.verdict === 'refuse';
}

/** A plan's ruling in the words of the decision log. */
export function rulingOf(ruling: PlanRuling, mode: string): Ruling {
  const reason = ruling.refusal ?? ruling.wouldRefuse ?? 'ok';
  return { verdict: verdictOf(ruling, mode), reason, checks: ruling.checks };
}

function verdictOf({ refusal, wouldRefuse }: PlanRuling, mode: string): Ruling['verdict'] {
  if (refusal !== undefined) return 'BLOCK';
  if (mode !== 'dry_run') return 'PERMIT';
  return wouldRefuse === undefined ? 'WOULD_PERMIT' : 'WOULD_BLOCK';
}

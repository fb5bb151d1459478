import { CooldownEnd } from '../schemas/cooldown.ts';
import { DAY_SEC } from '../schemas/duration.ts';
import { GovernorSettings, governorPolicySettings, governorSettingNames } from '../schemas/governor.ts';
import { keys } from '../schemas/keys.ts';
import { parseTimeMs } from '../schemas/time.ts';
import { governorEvent, governorEventStreams } from './common/governor-events.ts';
import { GOVERNOR_MODES } from './common/governor-modes.ts';
import { nothing, type Outcome } from './contract/effects.ts';
import { after, type Ctx, defineHandler } from './contract/handler.ts';
import { type FactsOf, type Read, type TextFact, text } from './contract/reads.ts';

/** Two jobs that ran late may end the same cooldown; this long nobody tells of it again. */
const TOLD_TTL_SEC = DAY_SEC;

type CooldownReads = { readonly lastExec: Read<TextFact> };
type CooldownCtx = Ctx<GovernorSettings, FactsOf<CooldownReads>>;

/** Tells once that a symbol's cooldown is over; waits again when a later permit has made it longer (contract §4). */
export default defineHandler<CooldownEnd, GovernorSettings, CooldownReads>({
  name: 'cooldown-expiry',
  gate: 'governor',
  summary: "Publishes the end of a symbol's cooldown.",
  on: after(),
  message: CooldownEnd,
  settings: GovernorSettings,
  settingNames: governorSettingNames,
  policySettings: governorPolicySettings,
  modes: GOVERNOR_MODES,
  outputs: governorEventStreams,
  metrics: [],
  reads: (end) => ({ lastExec: text(keys.lastExec(end.symbol)) }),
  handle,
  onFailure: () => nothing,
});

function handle(end: CooldownEnd, ctx: CooldownCtx): Outcome {
  const { symbol, planId, action } = end;
  const leftMs = remainingMs(ctx);
  if (leftMs > 0) {
    const fields = { symbol, plan_id: planId, action };
    const id = `${symbol}-${ctx.sourceId}`;
    return { effects: [{ do: 'later', handler: 'cooldown-expiry', id, delayMs: leftMs, fields }] };
  }
  const lastMs = lastPermitMs(ctx);
  const details = { planId, symbol, action, reason: 'symbol_cooldown', mode: ctx.mode };
  return {
    effects: [governorEvent('COOLDOWN_EXPIRED', details, ctx.nowMs)],
    ...(lastMs !== undefined && {
      dedupe: { key: keys.cooldownTold(symbol, lastMs), ttlSec: TOLD_TTL_SEC, counts: [] },
    }),
  };
}

function remainingMs(ctx: CooldownCtx): number {
  const lastMs = lastPermitMs(ctx);
  return lastMs === undefined ? 0 : lastMs + ctx.settings.GOV_SYMBOL_COOLDOWN_SECONDS * 1000 - ctx.nowMs;
}

function lastPermitMs({ facts }: CooldownCtx): number | undefined {
  return parseTimeMs(facts.lastExec.text ?? undefined);
}

import type { ActionPreview } from '../../../../schemas/api/preview.ts';
import { counted, noun } from '../../../../schemas/figure-text.ts';
import type { TradingState } from '../../../../schemas/governor.ts';
import { keys } from '../../../../schemas/keys.ts';
import { measureLag } from '../../../engine/status/lag.ts';
import type { GovernorLook } from '../../overview/limits.ts';
import { governorNow, type PreviewDeps } from './deps.ts';

/** What turning the kill switch on would do. */
export async function killPreview(deps: PreviewDeps): Promise<ActionPreview> {
  const permits = await outstanding(deps);
  const { exposure } = await governorNow(deps);
  return {
    scope: scopeOf(deps),
    effect: `No plan gets a permit from now on, one that closes a position neither. ${revoked(permits)}; ${stayOpen(exposure)}.`,
    count: permits,
    counted: 'permits not yet taken',
  };
}

/** What releasing the kill switch would do. */
export async function releasePreview(deps: PreviewDeps): Promise<ActionPreview> {
  const { state } = await governorNow(deps);
  const waiting = await plansWaiting(deps);
  return {
    scope: scopeOf(deps),
    effect: `Plans can get permits again at once. Permits that were revoked stay revoked.${goesOn(state)}`,
    count: waiting,
    counted: 'plans waiting to be judged',
  };
}

/** What of the trading state holds plans all the same, as a further sentence; empty where nothing does. */
export function goesOn({ tradingState, armed }: GovernorLook['state']): string {
  if (tradingState === 'ACTIVE' && armed) return '';
  return ` Trading is ${tradingState}${armed ? '' : ' and disarmed'}, which goes on.`;
}

/** What arming the governor would do. */
export async function armPreview(deps: PreviewDeps): Promise<ActionPreview> {
  const errors = await membersOf(deps, keys.governorErrors);
  return {
    scope: scopeOf(deps),
    effect: 'Plans that open a position are judged again. Today’s auto-disarm and what led to it are forgotten.',
    count: errors,
    counted: 'failed judgments that are forgotten',
  };
}

/** What disarming the governor would do. */
export async function disarmPreview(deps: PreviewDeps): Promise<ActionPreview> {
  const permits = await outstanding(deps);
  return {
    scope: scopeOf(deps),
    effect: `Every plan that opens a position is refused until somebody arms again; plans that close one pass. ${staying(permits)}.`,
    count: permits,
    counted: 'permits not yet taken',
  };
}

/** What another trading state would do. */
export async function statePreview(deps: PreviewDeps, wanted: TradingState): Promise<ActionPreview> {
  const permits = await outstanding(deps);
  const { state, exposure } = await governorNow(deps);
  const effects: Readonly<Record<TradingState, string>> = {
    ACTIVE: `Plans of every kind are judged again.${state.armed ? '' : ' It stays disarmed: plans that open a position are refused.'}`,
    REDUCING: `Every plan that opens a position is refused; plans that close one pass. ${staying(permits)}.`,
    HALTED: `It acts as the kill switch: no plan gets a permit. ${revoked(permits)}; ${stayOpen(exposure)}.`,
  };
  const scope = `${scopeOf(deps)}: trading state ${state.tradingState} → ${wanted}`;
  return { scope, effect: effects[wanted], count: permits, counted: 'permits not yet taken' };
}

/** The portfolio in words. */
export function scopeOf({ portfolio }: Pick<PreviewDeps, 'portfolio'>): string {
  return `Portfolio ${portfolio.prefix}`;
}

/** Permits that were given and not known to be taken. */
export async function outstanding(deps: PreviewDeps): Promise<number> {
  return await membersOf(deps, keys.outstanding);
}

async function membersOf({ redis, portfolio }: PreviewDeps, name: string): Promise<number> {
  const key = portfolio.key(name);
  return (await redis.type(key)) === 'zset' ? await redis.zcard(key) : 0;
}

/** What waits at the gates that obey the switches. */
async function plansWaiting({ redis, portfolio, known }: PreviewDeps): Promise<number> {
  const heeding = known.handlers.filter(({ heedsSwitches }) => heedsSwitches === true).map(({ name }) => name);
  const lanes = known.lanesOf(portfolio).filter(({ handler }) => heeding.includes(handler));
  const lags = await Promise.all(lanes.map(({ stream, group }) => measureLag(redis, { stream: stream.key, group })));
  return lags.reduce((sum, { undelivered }) => sum + undelivered, 0);
}

function revoked(permits: number): string {
  if (permits === 0) return 'No permit is waiting to be taken';
  return `${counted(permits, 'permit')} not yet taken ${noun(permits, 'is', 'are')} revoked within a second`;
}

function staying(permits: number): string {
  if (permits === 0) return 'No permit is waiting to be taken';
  return `${counted(permits, 'permit')} not yet taken ${noun(permits, 'stays', 'stay')} valid`;
}

function stayOpen({ known, count: positions }: GovernorLook['exposure']): string {
  if (!known) return 'which positions are open, and stay open, is not known';
  if (positions === 0) return 'no position is open';
  return `${counted(positions, 'position')} ${noun(positions, 'stays', 'stay')} open`;
}

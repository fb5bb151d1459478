import type { ActionPreview } from '../../../../schemas/api/preview.ts';
import { ALL_SYMBOLS } from '../../../../schemas/trades.ts';
import { Refusal } from '../../../engine/commit/operation.ts';
import { type KeptLosses, keptLosses } from '../../switches/kept-losses.ts';
import { governorNow, type PreviewDeps } from './deps.ts';
import { goesOn, scopeOf } from './switches.ts';

/** What releasing the loss limits that were reached would do. */
export async function lossReleasePreview(deps: PreviewDeps): Promise<ActionPreview> {
  const { tripped, paused, paused_unreadable: isUnreadable } = await keptLosses(deps.redis, deps.portfolio);
  if (tripped.length + paused.length === 0 && !isUnreadable) {
    throw new Refusal('expected a loss limit that was reached, got none');
  }
  const { state, killOn } = await governorNow(deps);
  const reached = [
    ...tripped.map(({ reason, loss, limit }) => `${reason} (${loss}, limit ${limit})`),
    ...paused.map(pauseWords),
    ...(isUnreadable ? ['losses in a row, which cannot be read'] : []),
  ].join(', ');
  const anew = [
    ...(tripped.length > 0 ? ['What was reached counts from the next reading of the account.'] : []),
    ...(paused.length > 0 ? ['Losses in a row are counted anew.'] : []),
  ].join(' ');
  const again = tripped.some(({ kind }) => kind === 'static')
    ? ' A static drawdown has no other base: it is reached again while it is above its limit.'
    : '';
  return {
    scope: `${scopeOf(deps)}: ${reached}`,
    effect: `Plans that open a position are judged again. ${anew}${again}${killOn ? ' The kill switch stays on.' : goesOn(state)}`,
    count: tripped.length + paused.length,
    counted: 'loss limits that are released',
  };
}

function pauseWords({ symbol, losses, limit }: KeptLosses['paused'][number]): string {
  return `consecutive_losses${symbol === ALL_SYMBOLS ? '' : ` in ${symbol}`} (${losses} in a row, limit ${limit})`;
}

/** What confirming what is kept of losses would do. */
export async function lossConfirmPreview(deps: PreviewDeps): Promise<ActionPreview> {
  const kept = await keptLosses(deps.redis, deps.portfolio);
  if (kept.state !== 'unreadable' && kept.lost === null) {
    throw new Refusal('expected marks of losses that were lost or cannot be read, got none');
  }
  const scope = `${scopeOf(deps)}: ${kept.state === 'unreadable' ? 'they cannot be read' : `lost by ${kept.lost}`}`;
  return { scope, effect: confirmEffect(kept), count: kept.bases.length, counted: 'bases that losses count from' };
}

function confirmEffect({ state, bases }: KeptLosses): string {
  if (state === 'unreadable') {
    return 'What is kept is forgotten: every loss counts from the next reading of the account, and what was lost before counts no more.';
  }
  const from = bases.map(({ kind, base_usd: baseUsd, loss_pct: lost }) => `${kind} from $${baseUsd} (${lost} % lost)`);
  const counted =
    from.length === 0 ? 'Losses count from the next reading of the account' : `Losses count ${from.join(', ')}`;
  return `Plans that open a position are judged again. ${counted}: compare that with the account first. A limit that was reached stays so.`;
}

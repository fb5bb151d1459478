import type { ActionPreview } from '../../../../schemas/api/preview.ts';
import { Refusal } from '../../../engine/commit/operation.ts';
import { type KeptLosses, keptLosses } from '../../switches/kept-losses.ts';
import { governorNow, type PreviewDeps } from './deps.ts';
import { goesOn, scopeOf } from './switches.ts';

/** What releasing the loss limits that were reached would do. */
export async function lossReleasePreview(deps: PreviewDeps): Promise<ActionPreview> {
  const { tripped } = await keptLosses(deps.redis, deps.portfolio);
  if (tripped.length === 0) throw new Refusal('expected a loss limit that was reached, got none');
  const { state, killOn } = await governorNow(deps);
  const reached = tripped.map(({ reason, loss, limit }) => `${reason} (${loss}, limit ${limit})`).join(', ');
  const again = tripped.some(({ kind }) => kind === 'static')
    ? ' A static drawdown has no other base: it is reached again while it is above its limit.'
    : '';
  return {
    scope: `${scopeOf(deps)}: ${reached}`,
    effect: `Plans that open a position are judged again. What was reached counts from the next reading of the account.${again}${killOn ? ' The kill switch stays on.' : goesOn(state)}`,
    count: tripped.length,
    counted: 'loss limits that are released',
  };
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

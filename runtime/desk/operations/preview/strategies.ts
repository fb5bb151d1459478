import type { ActionPreview } from '../../../../schemas/api/preview.ts';
import { counted, noun } from '../../../../schemas/figure-text.ts';
import { exposureKept, strategiesNow } from '../../strategies/list.ts';
import { requireStrategy } from '../../strategies/pause.ts';
import { governorNow, type PreviewDeps } from './deps.ts';
import { goesOn, scopeOf } from './switches.ts';

/** What pausing a strategy, or resuming it, would do. */
export async function strategyPreview(deps: PreviewDeps, pauses: boolean, strategy: string): Promise<ActionPreview> {
  requireStrategy(strategy);
  const { redis, portfolio, known, runtime } = deps;
  const kept = exposureKept(runtime, portfolio, known.handlers);
  const { strategies: all } = await strategiesNow({ redis, portfolio, ...known }, kept);
  const { state = 'active', reserved = 0 } = all.find((one) => one.strategy === strategy) ?? {};
  const after = pauses ? 'paused' : 'active';
  return {
    scope: `${scopeOf(deps)}: strategy ${strategy} ${state} → ${after}`,
    effect: await effectOf(deps, { pauses, changes: state !== after, reserved }),
    count: reserved,
    counted: 'permits whose order does not show in a position yet',
  };
}

async function effectOf(
  deps: PreviewDeps,
  { pauses, changes, reserved }: { pauses: boolean; changes: boolean; reserved: number },
): Promise<string> {
  if (!changes) return 'Nothing: it is so already.';
  if (pauses) {
    const given =
      reserved === 0 ? '' : ` ${counted(reserved, 'permit')} that it has ${noun(reserved, 'stays', 'stay')} good.`;
    return `Its plans that open a position are refused; those that close one pass, and other strategies go on.${given}`;
  }
  const { state } = await governorNow(deps);
  return `Its plans that open a position are judged again.${goesOn(state)}`;
}

import type { Gates, Overview } from '../state/wire.ts';

/** A mode, and whether nothing that its gate decides in it has an effect. */
export interface ModeOf {
  readonly mode: string;
  readonly isSilent: boolean;
}

/** A gate that has modes: the one it is in, undefined while nobody has said, and the others. */
export interface GateModes {
  readonly gate: string;
  readonly now: ModeOf | undefined;
  readonly others: readonly ModeOf[];
}

/** The gates that declare modes, with or without limits of their own, and what each is in. */
export function gateModes({ gates }: Gates, now: Overview['gates'] | undefined): readonly GateModes[] {
  return gates.flatMap(({ gate, modes }) => {
    if (modes === null) return [];
    const stored = now?.find((one) => one.gate === gate);
    return {
      gate,
      now: stored && { mode: stored.mode, isSilent: !stored.enforcing },
      others: Object.keys(modes.values)
        .filter((mode) => mode !== stored?.mode)
        .map((mode) => ({ mode, isSilent: modes.silent.includes(mode) })),
    };
  });
}

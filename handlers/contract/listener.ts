/** What a listener of a gate alone may answer: the metrics of its gate, its health, and the budgets of its portfolio. */
export const servedThere = ['metrics', 'health', 'budgets'] as const;

/** One of `servedThere`. */
export type ServedThere = (typeof servedThere)[number];

/** A port on which a gate is asked alone, besides the one of all (contract §6). */
export interface GateListener {
  /** Its short name. */
  readonly role: string;
  /** The setting that names its port; 0 there switches it off. */
  readonly setting: string;
  /** Its port where the setting says nothing. */
  readonly port: number;
  /** The name that the setting had of the original; understood where `GATES` names this gate alone. */
  readonly bare?: string;
  readonly serves: readonly ServedThere[];
  /** A path there, and a text of its answer by which it is known to be ours. */
  readonly sign: { readonly path: string; readonly text: string };
}

/**
 * The shape of the health of a gate: `lanes` tells what holds it, `progress` its last loop and how far it is behind,
 * `mode` its mode and whether Redis answers.
 */
export interface GateHealthShape {
  readonly tells: 'lanes' | 'progress' | 'mode';
  /** The name that the answer has for the gate; empty where it has none. */
  readonly service: string;
}

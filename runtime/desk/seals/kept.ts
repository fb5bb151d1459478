/** The newest seal of a portfolio at one moment, as it is kept outside Redis. */
export interface KeptSeal {
  /** Unix seconds. */
  readonly at: number;
  readonly seal: number;
  readonly hash: string;
}

/** What was kept outside Redis of the seals of a portfolio, and what is wrong with that, in words. */
export interface Kept {
  readonly kept: readonly KeptSeal[];
  readonly problems: readonly string[];
}

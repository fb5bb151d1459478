/** How a percentage is written. */
interface Digits {
  /** So many after the point, without zeros at the end. */
  readonly digits: number;
  /** What the last digit comes to: the nearest where nothing is said. */
  readonly whole?: (value: number) => number;
}

const HUNDREDTHS: Digits = { digits: 2 };

/** A share of one as percent, to so many digits at most: `12.5 %`, `12 %`. */
export function percent(share: number, { digits, whole = Math.round }: Digits = HUNDREDTHS): string {
  return `${whole(share * 10 ** (digits + 2)) / 10 ** digits} %`;
}

/** A share of one as percent, always to so many digits, so that a column lines up: `12.5 %`, `12.0 %`. */
export function percentTo(digits: number, share: number): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** The word for one or the word for any other count: `permit`, `permits`. */
export function noun(count: number, one: string, several = `${one}s`): string {
  return count === 1 ? one : several;
}

/** `1 permit`, `2 permits`. */
export function counted(count: number, one: string, several?: string): string {
  return `${count} ${noun(count, one, several)}`;
}

/** What a field of an entry holds, in words; a name that ends in `?` may be left out. Every value is text on the wire. */
type FieldWords = Readonly<Record<string, string>>;

/** A stream as other programs see it (contract §1 to §6). */
export interface DescribedStream {
  /** Its name without the portfolio's prefix and `stream:`; parts that vary in braces. */
  readonly name: string;
  readonly summary: string;
  /** Whether Portcullis reads its entries, writes them, or both. */
  readonly direction: 'in' | 'out' | 'both';
  /** Who adds entries, in words. */
  readonly writers: string;
  /** Who reads them besides the groups of handlers, in words; empty where nobody need. */
  readonly readers: string;
  readonly fields: FieldWords;
  /** Whether fields that are not listed stay, and are handed on. */
  readonly more?: true;
  /** Whether it is between parts of Portcullis alone, and may change at any time. */
  readonly internal?: true;
}

/** What entries about a plan begin with. */
export const plan = { plan_id: 'Id of the plan', symbol: 'Symbol, such as BTCUSDT' };
/** What a time is. */
export const timestamp = 'Unix seconds';

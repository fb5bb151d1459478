import { type DecisionRecord, recorded } from '../../../schemas/decision.ts';
import { type RecordedFigures, RecordedPositions } from '../../../schemas/governor-record.ts';
import type { SeenOf } from '../../common/otherwise/look.ts';
import type { SeenPosition } from '../../common/otherwise/positions.ts';

const FLAT: SeenPosition = { qty: 0, usd: 0 };

/** The positions that an OPEN was judged on: up to the 64 largest are told one by one. */
export function seenByOpen(record: DecisionRecord, figures: Pick<RecordedFigures, 'positions'>): SeenOf {
  const exposure = recorded(RecordedPositions, record.facts)?.exposure;
  if (figures.positions === 0) return () => FLAT;
  if (exposure === undefined || exposure.positions !== figures.positions) return () => undefined;
  const { largest, positions } = exposure;
  const told = new Map(largest.map(({ symbol, qty, notional_usd: usd }) => [symbol, { qty, usd }]));
  const isWhole = largest.length >= positions;
  return (symbol) => told.get(symbol) ?? (isWhole ? FLAT : undefined);
}

/** The position that a CLOSE was judged on: that of its own symbol. */
export function seenByClose(record: DecisionRecord): SeenOf {
  const { position_qty: qty, mark_price: price } = recorded(RecordedPositions, record.facts) ?? {};
  if (qty === undefined) return () => undefined;
  const seen = { qty, usd: price === undefined ? undefined : Math.abs(qty) * price };
  return (symbol) => (symbol === record.symbol ? seen : undefined);
}

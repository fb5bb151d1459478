import type { Violation } from '../../../handlers/contract/reads.ts';
import { streams } from '../../../schemas/keys.ts';
import { parseTimeMs, streamIdMs } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { StreamView } from './stream-view.ts';

/** The newest `budget.violation` of every symbol, from whoever published it. */
export class ViolationsView extends StreamView {
  readonly #newest = new Map<string, Violation>();

  constructor(portfolio: Portfolio) {
    super(portfolio.streamKey(streams.violations));
  }

  get(symbol: string): Violation | undefined {
    return this.#newest.get(symbol);
  }

  override reset(): void {
    super.reset();
    this.#newest.clear();
  }

  protected take(id: string, flat: readonly string[]): void {
    const event = eventOf(fieldsOf(flat));
    if (typeof event.symbol !== 'string') return;
    const atMs = parseTimeMs(event.timestamp === undefined ? undefined : String(event.timestamp)) ?? streamIdMs(id);
    this.#newest.set(event.symbol, { atMs });
  }
}

function eventOf(fields: Fields): { symbol?: unknown; timestamp?: unknown } {
  if (fields.json === undefined) return fields;
  try {
    const parsed: unknown = JSON.parse(fields.json);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

const TICK_MS = 250;

/** The time of a local exchange, and when it has moved: prices are looked at and stream events sent at its ticks. */
export interface ExchangeClock {
  /** Unix ms. */
  nowMs(): number;
  /** Calls `listener` after the time has moved, until the answer is called. */
  onTick(listener: () => void): () => void;
}

/** A clock that stands until it is moved. It never goes back. */
export interface ManualClock extends ExchangeClock {
  set(nowMs: number): void;
  advance(ms: number): void;
}

/** The time on the wall, four ticks a second. */
export function wallClock(): ExchangeClock {
  return { nowMs: Date.now, onTick: everyTick };
}

/** A clock that stands at `startMs` until it is moved; each move is one tick, done with when `set` returns. */
export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  const listeners = new Set<() => void>();
  const set = (toMs: number) => {
    if (toMs < nowMs) throw new RangeError(`expected a time from ${nowMs} on, got ${toMs}`);
    nowMs = toMs;
    for (const listener of listeners) listener();
  };
  return {
    nowMs: () => nowMs,
    onTick: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    set,
    advance: (ms) => set(nowMs + ms),
  };
}

function everyTick(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

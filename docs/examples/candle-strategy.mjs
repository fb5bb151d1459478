// A strategy over candles: buys what fell furthest in a day, and sells it when it has come back, or after two days.
//
//   portcullis replay --candles may-2021.csv --strategy docs/examples/candle-strategy.mjs

/** What a play begins with, and by what its volatilities are measured. */
export const parameters = { start_equity_usd: 50_000, fee_bps: 4, volatility_hours: 24 };

/** @type {import('portcullis/client').MakeCandleStrategy} */
export default function fallen() {
  const bought = new Map(); // What this play remembers: no other knows of it.
  return {
    propose(hour) {
      const closes = hour.positions.flatMap(({ symbol, entry_price, held_hours }) => {
        const gained = hour.prices[symbol] / entry_price - 1;
        if (gained < -0.1) return [{ close: symbol, reason: 'stop_loss' }]; // protective: no gate softens it
        if (gained > 0.05) return [{ close: symbol, reason: 'take_profit' }];
        return held_hours >= 48 ? [{ close: symbol, reason: 'max_hold' }] : [];
      });
      const fallen = hour.symbols
        .map((symbol) => ({ symbol, day: dayReturn(hour.closes(symbol, 25)) }))
        .filter(({ symbol, day }) => day < -0.05 && (bought.get(symbol) ?? -Infinity) < hour.hour - 24)
        .sort((a, b) => a.day - b.day)
        .slice(0, 1);
      for (const { symbol } of fallen) bought.set(symbol, hour.hour);
      const opens = fallen.map(({ symbol, day }) => ({
        open: symbol,
        side: /** @type {const} */ ('BUY'),
        notional_usd: hour.equity_usd / 4,
        kill_score: Math.min(1, -2 * day),
      }));
      return [...closes, ...opens];
    },
  };
}

/** @param {readonly number[]} closes */
function dayReturn(closes) {
  return (closes.at(-1) ?? 1) / (closes[0] ?? 1) - 1;
}

import { Card } from '../../parts/card.tsx';
import { TradingWord } from '../../parts/trading-word.tsx';
import type { Overview } from '../../state/wire.ts';
import { counted, money, ratio } from '../../text/figures.ts';
import { span } from '../../text/moments.ts';

/** The equity, the drawdown, and whether anything is traded. */
export function EquityCard({ now }: { readonly now: Overview }) {
  const { equity_usd: equity, drawdown_pct: drawdown, state_age_sec: ageSec } = now;
  return (
    <Card title="Account" wide="equity">
      <dl class="figures">
        <dt>Equity</dt>
        <dd class={`figure ${equity === null || now.heat.cause === 'portfolio_state_stale' ? 'unknown' : ''}`}>
          {equity === null ? 'not known' : money(equity)}
        </dd>
        <dt>Drawdown</dt>
        <dd>{drawdown === null ? 'not known' : `${ratio(drawdown)} %`}</dd>
        <Gross now={now} />
        <dt>Trading</dt>
        <dd>
          <TradingWord now={now} />
        </dd>
      </dl>
      <p class="muted">
        {ageSec === null ? 'No producer has written the portfolio state.' : `Portfolio state is ${span(ageSec)} old`}
        {ageSec === null ? '' : now.heat.cause === 'portfolio_state_stale' ? ': too old to count.' : '.'}
      </p>
    </Card>
  );
}

/** What is held in all; a part of it that is not known makes it a least figure, and a book that is not known no figure. */
function Gross({ now }: { readonly now: Overview }) {
  const priced = now.positions.filter(({ notional_usd }) => notional_usd !== null);
  const unpriced = now.positions.length - priced.length;
  const gross = priced.reduce((sum, { notional_usd }) => sum + Math.abs(notional_usd ?? 0), 0);
  return (
    <>
      <dt>{now.remainder.positions > 0 ? `Gross of the ${priced.length} listed` : 'Gross notional'}</dt>
      <dd>
        {!now.positions_known ? (
          <span class="unknown">not known</span>
        ) : unpriced > 0 ? (
          `at least ${money(gross)}: ${counted(unpriced, 'position')} without a price`
        ) : (
          money(gross)
        )}
      </dd>
    </>
  );
}

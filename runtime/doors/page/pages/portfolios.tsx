import { ModeBadge } from '../parts/badges.tsx';
import { Card } from '../parts/card.tsx';
import { HeatChip } from '../parts/heat-chip.tsx';
import { figures, Head } from '../parts/table.tsx';
import { TradingWord } from '../parts/trading-word.tsx';
import { linkTo } from '../state/address.ts';
import { type KnownOverview, useOverviews } from '../state/overviews.ts';
import { session } from '../state/session.ts';
import type { Overview, Problem } from '../state/wire.ts';
import { counted, money, ratio } from '../text/figures.ts';

const COLUMNS = ['Portfolio', 'Trading', 'Heat', ...figures('Equity', 'Drawdown'), 'Gates', 'What is wrong'];
const REFRESH_MS = 5_000;
/** Of many portfolios each is asked less often: an overview looks at much. */
const REFRESH_EACH_MS = 500;

/** All portfolios, a row each, in the order in which they are served. */
export function PortfoliosPage() {
  const served = session.value?.portfolios ?? [];
  const told = useOverviews(served, Math.max(REFRESH_MS, served.length * REFRESH_EACH_MS));
  return (
    <>
      <h1 class="unseen">Portfolios</h1>
      <Card title="Portfolios" aside={counted(served.length, 'portfolio')}>
        <div class="scroll">
          <table class="portfolios stacked">
            <Head columns={COLUMNS} />
            <tbody>
              {served.map((prefix) => (
                <PortfolioRow key={prefix} prefix={prefix} told={told.get(prefix)} />
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </>
  );
}

function PortfolioRow({ prefix, told }: { readonly prefix: string; readonly told: KnownOverview | undefined }) {
  return (
    <tr>
      <th scope="row">
        <a href={linkTo('overview', { portfolio: prefix })}>{prefix}</a>
      </th>
      {told?.now === undefined ? (
        <td colSpan={COLUMNS.length - 1} class={told === undefined ? 'muted' : 'problem'}>
          {told === undefined ? 'Reading …' : `Not known: ${told.error}`}
        </td>
      ) : (
        <Figures now={told.now} error={told.error} />
      )}
    </tr>
  );
}

function Figures({ now, error }: { readonly now: Overview; readonly error: string }) {
  const { equity_usd: equity, drawdown_pct: drawdown, gates, heat } = now;
  return (
    <>
      <td>
        <TradingWord now={now} />
      </td>
      <td>
        <HeatChip heat={heat} />
      </td>
      <Figure name="equity" text={equity === null ? undefined : money(equity)} />
      <Figure name="drawdown" text={drawdown === null ? undefined : `${ratio(drawdown)} %`} />
      <td class="modes">
        {gates.map(({ gate, mode, enforcing }) => (
          <span key={gate} title={gate}>
            <ModeBadge mode={mode} isSilent={!enforcing} />{' '}
          </span>
        ))}
      </td>
      <td class="worst">
        {error === '' ? null : <p class="problem">As it was before: {error}</p>}
        <Worst problems={now.problems} />
      </td>
    </>
  );
}

/** A figure that may not be known; its name stands beside it where the columns have no heads. */
function Figure({ name, text }: { readonly name: string; readonly text: string | undefined }) {
  return (
    <td class="number">
      <span class="narrow-only muted">{name} </span>
      {text ?? <span class="unknown">not known</span>}
    </td>
  );
}

/** The worst of what is wrong, and how much else there is. */
function Worst({ problems }: { readonly problems: readonly Problem[] }) {
  const [worst, ...others] = problems;
  if (worst === undefined) return <span class="verdict passed">nothing</span>;
  return (
    <>
      <span class={worst.severity === 'critical' ? 'problem' : 'warned'}>{worst.what}</span>
      {others.length === 0 ? null : <span class="muted"> and {counted(others.length, 'thing')} more</span>}
    </>
  );
}

import { Waiting } from '../../parts/states.tsx';
import { connection, overview } from '../../state/live.ts';
import { BesideCard } from './beside.tsx';
import { EquityCard } from './equity.tsx';
import { FeedsCard } from './feeds.tsx';
import { GatesCard } from './gates.tsx';
import { HeatCard, HistoryCard } from './heat.tsx';
import { LimitsCard } from './limits.tsx';
import { PositionsCard } from './positions.tsx';
import { Problems } from './problems.tsx';
import { RiskCard } from './risk.tsx';

/** What is wrong, how hot it is, what is held, how each gate stands, and how much room there is. */
export function OverviewPage() {
  const now = overview.value;
  if (now === undefined)
    return <Waiting what={connection.value === 'live' ? 'the state' : 'the state (no connection yet)'} />;
  return (
    <>
      <h1 class="unseen">Overview</h1>
      <Problems now={now} />
      <div class="grid">
        <HeatCard now={now} />
        <HistoryCard now={now} />
        <EquityCard now={now} />
        <BesideCard now={now} />
        <RiskCard now={now} />
        <PositionsCard now={now} />
        <LimitsCard now={now} />
        <GatesCard now={now} />
        <FeedsCard now={now} />
      </div>
    </>
  );
}

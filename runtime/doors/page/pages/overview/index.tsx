import { marksOf } from '../../parts/marks.tsx';
import { Waiting } from '../../parts/states.tsx';
import { connection, overview } from '../../state/live.ts';
import { useLoaded, useReadOn } from '../../state/loaded.ts';
import { chosenSpan } from '../../state/span.ts';
import type { Activity, HeatHistory, LedgerPage } from '../../state/wire.ts';
import { ActivityCard } from './activity.tsx';
import { BesideCard } from './beside.tsx';
import { ChartsCard } from './charts.tsx';
import { EquityCard } from './equity.tsx';
import { FeedsCard } from './feeds.tsx';
import { GatesCard } from './gates.tsx';
import { HeatCard, HistoryCard } from './heat.tsx';
import { LimitsCard } from './limits.tsx';
import { PositionsCard } from './positions.tsx';
import { Problems } from './problems.tsx';
import { RiskCard } from './risk.tsx';
import { StartCard } from './start.tsx';

const REFRESH_MS = 30_000;
/** Changes that may be marked: the newest of the ledger. */
const MARKED_ROWS = 200;

/** What is wrong, how hot it is, what is held, how each gate stands, and how much room there is. */
export function OverviewPage() {
  const now = overview.value;
  const span = chosenSpan.value;
  const history = useLoaded<HeatHistory>('/v1/heat/history', { since: span }, REFRESH_MS);
  const activity = useLoaded<Activity>('/v1/activity', { since: span }, REFRESH_MS);
  const ledger = useLoaded<LedgerPage>('/v1/ledger', { limit: MARKED_ROWS }, REFRESH_MS);
  useReadOn(activity);
  const marks = marksOf(ledger.data?.entries ?? [], history.data?.since ?? Number.POSITIVE_INFINITY);
  if (now === undefined)
    return <Waiting what={connection.value === 'live' ? 'the state' : 'the state (no connection yet)'} />;
  return (
    <>
      <h1 class="unseen">Overview</h1>
      <Problems now={now} />
      <div class="grid">
        <StartCard now={now} />
        <ActivityCard loaded={activity} />
        <HeatCard now={now} />
        <HistoryCard now={now} loaded={history} marks={marks} />
        <EquityCard now={now} />
        <ChartsCard span={span} history={history} activity={activity} marks={marks} />
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

import { zone } from '../state/preferences.ts';
import { dateTime, inBothZones, timeOfDay } from '../text/moments.ts';

/** A moment (Unix seconds) in the zone that was chosen, both zones on hover; a dash where it is not known. */
export function Moment({
  at,
  isShort = false,
}: {
  readonly at: number | null | undefined;
  readonly isShort?: boolean;
}) {
  if (at === null || at === undefined) return <span class="muted">–</span>;
  const ms = at * 1000;
  return (
    <time dateTime={new Date(ms).toISOString()} title={inBothZones(ms)}>
      {isShort ? timeOfDay(ms, zone.value) : dateTime(ms, zone.value)}
    </time>
  );
}

import type { Redis } from 'ioredis';
import { span } from '../../../schemas/amount-text.ts';
import { compareStreamIds, FUTURE_TOLERANCE_MS, streamIdMs } from '../../../schemas/time.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { NamedStream } from './named.ts';

/** The millisecond part of the highest id that a stream can have: behind it Redis soon takes no more entries. */
const LAST_MS = '18446744073709551615';

/** A group of a stream, and how far it was given entries. */
export interface GroupPosition {
  readonly name: string;
  readonly lastDeliveredId: string;
  readonly pending: number;
  readonly consumers: number;
}

/** How far a stream goes. */
export interface StreamPosition extends NamedStream {
  /** `0-0` where the stream does not exist, or the key is of another type. */
  readonly lastId: string;
  readonly entries: number;
  readonly groups: readonly GroupPosition[];
  /** How far its last id, or the position of a group, is ahead of Redis's clock, in ms; 0 where none is. */
  readonly aheadMs: number;
}

const POSITIONS = luaScript('portcullisStreamPositions', new URL('./positions.lua', import.meta.url));

type Reply = readonly [seconds: string, micros: string, found: readonly (readonly (string | number)[])[]];

/** How far streams go, all at one moment by Redis's clock. */
export async function streamPositions(redis: Redis, streams: readonly NamedStream[]): Promise<StreamPosition[]> {
  const names = streams.map(({ key }) => key);
  const [seconds, micros, found] = (await runScript(redis, POSITIONS, names, [])) as Reply;
  const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  return streams.map((stream, at) => positionOf(stream, found[at] ?? [], nowMs));
}

function positionOf(
  { name, key }: NamedStream,
  [lastId, entries, ...flat]: readonly (string | number)[],
  nowMs: number,
): StreamPosition {
  const groups: GroupPosition[] = [];
  for (let at = 0; at + 3 < flat.length; at += 4) {
    const [pending, consumers] = [Number(flat[at + 2]), Number(flat[at + 3])];
    groups.push({ name: String(flat[at]), lastDeliveredId: String(flat[at + 1]), pending, consumers });
  }
  const position = { name, key, lastId: String(lastId ?? '0-0'), entries: Number(entries ?? 0), groups };
  return { ...position, aheadMs: Math.max(0, streamIdMs(furthestOf(position)) - nowMs) };
}

function furthestOf({ lastId, groups }: Omit<StreamPosition, 'aheadMs'>): string {
  const all = [lastId, ...groups.map(({ lastDeliveredId }) => lastDeliveredId)];
  return all.reduce((furthest, id) => (compareStreamIds(id, furthest) > 0 ? id : furthest));
}

/** Whether a stream is further ahead of Redis's clock than clocks of producers may differ: 5 s, as for every other time (contract §0). */
export function isAhead({ aheadMs }: Pick<StreamPosition, 'aheadMs'>): boolean {
  return aheadMs > FUTURE_TOLERANCE_MS;
}

/** Whether Redis takes no more entries, or soon will not. */
function isExhausted(id: string): boolean {
  return id.startsWith(`${LAST_MS}-`);
}

/** What is wrong with a stream that is ahead, in words. */
export function aheadInWords(position: StreamPosition): string {
  const { lastId, groups, aheadMs } = position;
  if (isExhausted(lastId)) return 'its last id is the highest there is: Redis takes no more entries';
  const furthest = furthestOf(position);
  const group = furthest === lastId ? undefined : groups.find(({ lastDeliveredId }) => lastDeliveredId === furthest);
  const what = group === undefined ? 'its last id' : `group ${group.name}`;
  return `${what} is ${span(aheadMs / 1000)} ahead of Redis's clock`;
}

/** The command that mends it. */
export function repairOf({ name }: Pick<NamedStream, 'name'>): string {
  return `portcullis streams repair ${name} --reason …`;
}

import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { dollars, span } from '../../../schemas/amount-text.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { streamIdMs, timeOf } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { measureLag } from '../../engine/status/lag.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { broken, type Finding, ok, said, warn } from './findings.ts';
import { modesOf } from './status.ts';

const SILENT_AFTER_SEC = 120;
const LATE_AFTER_MS = MINUTE_MS;

/** How far a lane is behind, and what it set aside. */
export async function lagFinding(redis: Redis, lane: LaneRef): Promise<Finding> {
  const check = `stream ${lane.stream.name}`;
  const lag = await measureLag(redis, {
    stream: lane.stream.key,
    group: lane.group,
    deadLetters: lane.stream.deadLetters,
  });
  const text = `group ${lane.group}: ${lag.undelivered} waiting, ${lag.pending} pending, ${lag.deadLetters} dead letters`;
  const aside = setAsideText(lag.deadLetters, lane.stream.name);
  if (lag.ageMs > LATE_AFTER_MS) {
    const age = span(lag.ageMs / 1000);
    const late = warn(check, `${text}, the oldest for ${age}`, 'Is a worker of this gate running?');
    const waits = `${lane.handler} is behind: the oldest message of ${lane.stream.name} waits for ${age}`;
    return said(late, lag.deadLetters > 0 ? `${waits}, and ${aside}` : waits);
  }
  if (lag.deadLetters > 0) return said(warn(check, text, `portcullis dlq list ${lane.stream.name}`), aside);
  return ok(check, text);
}

function setAsideText(letters: number, stream: string): string {
  return `${counted(letters, 'message')} of ${stream} could not be understood or judged`;
}

/** Whether each gate is in a mode that it has. */
export async function modeFindings(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): Promise<Finding[]> {
  const gates = modalGates(handlers);
  const stored = await modesOf(redis, portfolio, handlers);
  return gates.map(({ gate, modes: { values } }, at) => {
    const mode = stored[at]?.mode ?? '';
    if (values.includes(mode)) return ok(`mode ${gate}`, mode);
    if (mode === '') {
      const unset = warn(`mode ${gate}`, 'not set', 'portcullis start sets it from the environment.');
      return said(unset, `${gate} has no mode yet`);
    }
    const todo = `portcullis mode ${gate} ${values[0]} --reason …`;
    return broken(`mode ${gate}`, `${JSON.stringify(mode)} is none of ${values.join(', ')}`, todo);
  });
}

/** Whether the portfolio state is there and was written in the last two minutes. */
export async function stateFinding(redis: Redis, portfolio: Portfolio, nowMs: number): Promise<Finding> {
  const key = portfolio.key(keys.portfolioState);
  const todo = `A producer must keep the hash ${key} (equity_usd, drawdown, timestamp) fresh.`;
  const type = await redis.type(key);
  if (type === 'none') {
    const missing = warn('portfolio state', 'missing: heat fails closed, no budgets', todo);
    return said(missing, 'Nobody writes the account: equity and drawdown are not known');
  }
  if (type !== 'hash') return broken('portfolio state', `${key} is a ${type}`, todo);
  const state = fieldsOf(Object.entries(await redis.hgetall(key)).flat());
  const atMs = timeOf(state);
  const equity = equityWords(state.equity_usd);
  if (atMs === undefined) return ok('portfolio state', `${equity}, without a time`);
  const age = ageSec(nowMs, atMs);
  const text = `${equity}, ${span(age)} old`;
  if (age <= SILENT_AFTER_SEC) return ok('portfolio state', text);
  return said(warn('portfolio state', text, todo), `The account was last written ${span(age)} ago`);
}

/** Whether positions are reported, the last one in the last two minutes. */
export async function snapshotsFinding(redis: Redis, portfolio: Portfolio, nowMs: number): Promise<Finding> {
  const key = portfolio.streamKey(streams.snapshots);
  const todo = `A producer must write positions to ${key}.`;
  const type = await redis.type(key);
  if (type === 'none') {
    return said(
      warn('position snapshots', 'none was ever written: heat fails closed', todo),
      'Nobody reports positions',
    );
  }
  if (type !== 'stream') return broken('position snapshots', `${key} is a ${type}`, todo);
  const [newest] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  if (newest === undefined) return warn('position snapshots', 'the stream is empty', todo);
  const age = ageSec(nowMs, streamIdMs(newest[0]));
  const text = `the newest is ${span(age)} old`;
  if (age <= SILENT_AFTER_SEC) return ok('position snapshots', text);
  return said(warn('position snapshots', text, todo), `The last position was reported ${span(age)} ago`);
}

/** Whether workers set position snapshots aside: no lane reads these, so that no other check would say it. */
export async function setAsideFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const check = `stream ${streams.snapshots}`;
  const key = `${portfolio.streamKey(streams.snapshots)}.dlq`;
  const letters = (await redis.type(key)) === 'stream' ? await redis.xlen(key) : 0;
  const text = `${letters} dead letters`;
  if (letters === 0) return ok(check, text);
  const todo = `portcullis dlq list ${streams.snapshots}`;
  const found = warn(check, `${text}: positions that could not be understood`, todo);
  return said(found, `${counted(letters, 'message')} of ${streams.snapshots} could not be understood`);
}

/** What is no number is shown as it stands there. */
function equityWords(text: string | undefined): string {
  if (text === undefined) return 'equity missing';
  const usd = parseNumber(text);
  return `equity ${usd === undefined ? JSON.stringify(text) : dollars(usd)}`;
}

function ageSec(nowMs: number, atMs: number): number {
  return Math.max(0, Math.floor((nowMs - atMs) / 1000));
}

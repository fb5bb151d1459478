import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import { HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Beat } from '../../redis/beat.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Together } from '../../redis/together.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { LaneNames } from '../lane/identity.ts';
import { type Consumer, consumersOf, forgetConsumer } from '../lane/recovery.ts';

const HEARTBEAT_MS = 3_000;
const SLOT_MS = 10_000;
const FOREIGN_WINDOW_MS = MINUTE_MS;
const FORGET_AFTER_MS = HOUR_MS;
const MAX_SLOTS = 1_000;

/** Counts the consumers in the group of a lane that are not ours and were active within a minute. */
export const FOREIGN_METRIC = {
  name: 'portcullis_foreign_consumers',
  type: 'gauge',
  acrossPortfolios: 'max',
  help: 'Consumers of another program in the group of a lane, active within a minute: they take its entries away',
  labels: ['handler'],
} as const satisfies MetricSpec;

const CLAIM_SLOT = luaScript('portcullisSlot', new URL('./claim-slot.lua', import.meta.url));

/** A slot that is asked for: its key, who asks, and a holder that is known to be dead (empty: none). */
export interface SlotClaim {
  readonly key: string;
  readonly holder: string;
  readonly dead: string;
}

/** What slots are asked for with, together with those of other portfolios. */
interface SlotLine {
  readonly redis: Redis;
  readonly beat: Beat;
  readonly slots: Together<SlotClaim, string>;
}

/** Slots held by this very process: another holder with its process id is a dead one from before a restart. */
const ownHolders = new Set<string>();

/** The name of this worker: stable over restarts of a host, so that it finds its own pending entries again. */
export class WorkerSlot {
  readonly name: string;
  readonly #line: SlotLine;
  readonly #key: string;
  readonly #holder: string;
  readonly #end: () => void;

  private constructor(line: SlotLine, name: string, key: string, holder: string) {
    this.#line = line;
    this.name = name;
    this.#key = key;
    this.#holder = holder;
    ownHolders.add(holder);
    this.#end = line.beat.every(HEARTBEAT_MS, () => void this.#heartbeat());
  }

  /** Takes the first free slot of this host; a slot whose process is dead is free at once. `wanted` names one instead. */
  static async claim(line: SlotLine, portfolio: Portfolio, wanted?: string): Promise<WorkerSlot> {
    const holder = `${hostname()} ${process.pid} ${process.hrtime.bigint()}`;
    for (let slot = 1; slot <= MAX_SLOTS; slot += 1) {
      const name = wanted ?? `portcullis-${hostname()}-${slot}`;
      const key = portfolio.key(runtimeKeys.worker(name));
      let other = await line.slots.ask({ key, holder, dead: '' });
      if (other !== '' && isDeadHere(other)) other = await line.slots.ask({ key, holder, dead: other });
      if (other === '') return new WorkerSlot(line, name, key, holder);
      if (wanted !== undefined)
        throw new Error(`expected a free worker name, got ${wanted}, which is held by ${other}`);
    }
    throw new Error(`expected fewer than ${MAX_SLOTS} workers on this host`);
  }

  /** Frees the slot. */
  async release(): Promise<void> {
    this.#end();
    ownHolders.delete(this.#holder);
    await this.#line.redis.del(this.#key);
  }

  async #heartbeat(): Promise<void> {
    await this.#line.slots.ask({ key: this.#key, holder: this.#holder, dead: '' }).catch(() => undefined);
  }
}

/** Takes slots, or keeps them; answers for each who has it, empty where that is the one who asks. */
export async function claimSlots(redis: Redis, claims: readonly SlotClaim[]): Promise<readonly string[]> {
  const keys = claims.map(({ key }) => key);
  const args = [SLOT_MS, ...claims.flatMap(({ holder, dead }) => [holder, dead])];
  return (await runScript(redis, CLAIM_SLOT, keys, args)) as readonly string[];
}

function isDeadHere(holder: string): boolean {
  const [host, pid] = holder.split(' ');
  if (host !== hostname() || ownHolders.has(holder)) return false;
  try {
    process.kill(Number(pid), 0);
    return Number(pid) === process.pid;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Two programs would split a stream and both act: the start refuses when another one reads with the same group. */
export class ForeignConsumer extends Error {}

/** The consumers of a lane's group that no worker of ours registered (`consumers` is that set's key) and that were active within a minute. */
export async function foreignConsumers(
  redis: Redis,
  { stream, group, consumers }: Pick<LaneNames, 'stream' | 'group' | 'consumers'>,
): Promise<Consumer[]> {
  const [active, ours] = await Promise.all([consumersOf(redis, stream, group), redis.smembers(consumers)]);
  return active.filter(({ name, idleMs }) => !ours.includes(name) && idleMs < FOREIGN_WINDOW_MS);
}

/** Registers this worker's consumer; throws `ForeignConsumer` when one that is not ours was active within a minute. */
export async function refuseForeign(redis: Redis, names: LaneNames): Promise<void> {
  await redis.sadd(names.consumers, names.consumer);
  const [foreign] = await foreignConsumers(redis, names);
  if (foreign === undefined) return;
  throw new ForeignConsumer(
    `expected to be the only program in group ${names.group} of ${names.stream}, got consumer ${foreign.name}, ` +
      `active ${Math.round(foreign.idleMs / 1000)} s ago: stop it, wait a minute, and start again`,
  );
}

/** Forgets consumers of workers that have been gone for an hour and left nothing pending. */
export async function forgetGone(redis: Redis, portfolio: Portfolio, names: LaneNames): Promise<void> {
  for (const consumer of await consumersOf(redis, names.stream, names.group)) {
    if (consumer.name === names.consumer || consumer.idleMs < FORGET_AFTER_MS || consumer.pending > 0) continue;
    const ours = await redis.sismember(names.consumers, consumer.name);
    const alive = await redis.exists(portfolio.key(runtimeKeys.worker(consumer.name)));
    if (ours === 1 && alive === 0) await forgetConsumer(redis, names, consumer.name);
  }
}

import { createHash } from 'node:crypto';
import { type Command, Redis } from 'ioredis';
import { luaText } from '../../runtime/redis/lua.ts';

/** Moments of one message in a worker, in microseconds of the clock that all processes of a machine share. */
export interface TracedMessage {
  /** Id of its entry. */
  readonly id: string;
  /** When the worker was told of it. */
  readonly readUs: number;
  /** When its facts were asked for, and answered. */
  readonly factsFromUs: number;
  readonly factsToUs: number;
  /** When its commit was sent, and answered. */
  readonly commitFromUs: number;
  readonly commitToUs: number;
}

type Moment = Exclude<keyof TracedMessage, 'id'>;
type Begun = Pick<TracedMessage, 'id'> & Partial<Record<Moment, number>>;
const MOMENTS = ['readUs', 'factsFromUs', 'factsToUs', 'commitFromUs', 'commitToUs'] as const;

/** Puts the moments of messages together that come one at a time; one that another overtakes is left out. */
export class Trace {
  #begun: Begun | undefined;
  #done: TracedMessage[] = [];

  /** The worker was told of a message. */
  read(id: string, us: number): void {
    this.#begun = { id, readUs: us };
  }

  /** Something happened to the message in hand. Of each moment the first counts, and none before the one ahead of it. */
  at(moment: Moment, us: number): void {
    const begun = this.#begun;
    if (begun === undefined || MOMENTS.find((one) => begun[one] === undefined) !== moment) return;
    begun[moment] = us;
    if (moment !== 'commitToUs') return;
    this.#done.push(begun as TracedMessage);
    this.#begun = undefined;
  }

  /** The messages traced since this was asked last. */
  take(): readonly TracedMessage[] {
    return this.#done.splice(0);
  }
}

/** Microseconds of the clock that all processes of a machine share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint()) / 1e3;
}

/** Traces what every connection that is made from now on asks: reads of a group, and the two scripts of a message's way. */
export function traceConnections(): Trace {
  const trace = new Trace();
  const sha1 = (path: string) =>
    createHash('sha1')
      .update(luaText(new URL(path, import.meta.url)))
      .digest('hex');
  const scripts = new Map([
    [sha1('../../runtime/engine/lane/read.lua'), ['factsFromUs', 'factsToUs']],
    [sha1('../../runtime/engine/commit/commit.lua'), ['commitFromUs', 'commitToUs']],
  ] as const);
  const send = Redis.prototype.sendCommand;
  Redis.prototype.sendCommand = function (this: Redis, ...args: Parameters<typeof send>) {
    const command = args[0] as Command & { readonly name: string; readonly args: readonly unknown[] };
    if (command.name === 'xreadgroup') told(trace, command);
    if (command.name === 'xack') written(trace, command);
    const script = command.name === 'evalsha' ? scripts.get(String(command.args[0])) : undefined;
    if (script !== undefined) {
      trace.at(script[0], nowUs());
      command.promise.then(
        () => trace.at(script[1], nowUs()),
        () => undefined,
      );
    }
    return send.apply(this, args);
  };
  return trace;
}

/** The last command of a bare loop's writes; the product acknowledges in its script. */
function written(trace: Trace, { promise }: Command): void {
  const atUs = nowUs();
  for (const moment of ['factsFromUs', 'factsToUs', 'commitFromUs'] as const) trace.at(moment, atUs);
  promise.then(
    () => trace.at('commitToUs', nowUs()),
    () => undefined,
  );
}

function told(trace: Trace, { promise }: Command): void {
  promise.then(
    (reply: unknown) => {
      const atUs = nowUs();
      const [first] = (reply as [stream: unknown, entries: [id: unknown][]][] | null)?.[0]?.[1] ?? [];
      if (first !== undefined) trace.read(String(first[0]), atUs);
    },
    () => undefined,
  );
}

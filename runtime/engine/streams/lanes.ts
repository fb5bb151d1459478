import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { laneNames, tickStream } from '../lane/identity.ts';

/** A stream by the name operators use (`harvest.proposal`) and by its whole key. */
export interface StreamRef {
  readonly name: string;
  readonly key: string;
  /** Whole key of its dead letters. */
  readonly deadLetters: string;
}

/** A handler as an operator sees it from outside the workers: the stream it reads, and the group it reads it with. */
export interface LaneRef {
  readonly handler: string;
  readonly gate: string;
  readonly stream: StreamRef;
  readonly group: string;
}

/** Settings that rename a handler's stream, group or consumer (`P27_STREAM_IN`, `P27_GROUP`, …). */
export type LaneOverrides = { stream?: string; group?: string; consumer?: string };

/** The lanes of the handlers that read a stream; watchers, which read none, are left out. */
export function lanesOf(
  handlers: readonly AnyHandler[],
  portfolio: Portfolio,
  overridesOf: (handler: AnyHandler) => LaneOverrides = () => ({}),
): LaneRef[] {
  return handlers
    .filter((handler) => handler.on.kind !== 'watch')
    .map((handler) => {
      const names = laneNames(handler, portfolio, 'operator', overridesOf(handler));
      const name = handler.on.kind === 'stream' ? handler.on.stream : tickStream(handler.name);
      return {
        handler: handler.name,
        gate: handler.gate,
        stream: { name, key: names.stream, deadLetters: names.deadLetters },
        group: names.group,
      };
    });
}

/** The streams whose entries may be among the dead letters, each once: those of lanes, and the position snapshots. */
export function streamsOf(lanes: readonly LaneRef[], portfolio: Portfolio): StreamRef[] {
  const key = portfolio.streamKey(streams.snapshots);
  const snapshots = { name: streams.snapshots, key, deadLetters: portfolio.deadLetters(key) };
  const all = [...lanes.map(({ stream }) => stream), snapshots];
  return [...new Map(all.map((stream) => [stream.key, stream])).values()];
}

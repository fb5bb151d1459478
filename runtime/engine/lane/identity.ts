import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The names of a lane: one handler on one portfolio, read by one worker. */
export interface LaneNames {
  readonly handler: string;
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  readonly deadLetters: string;
  readonly mark: string;
  readonly finished: string;
  readonly last: string;
  readonly token: string;
  readonly lease: string;
  readonly consumers: string;
}

/** Name of the stream whose entries are the ticks of a scheduled or delayed handler. */
export function tickStream(handler: string): string {
  return `tick.${handler}`;
}

/** The names of a handler's lane. `overrides` are the settings that name stream, group and consumer. */
export function laneNames(
  handler: AnyHandler,
  portfolio: Portfolio,
  worker: string,
  overrides: { stream?: string; group?: string; consumer?: string } = {},
): LaneNames {
  const ownStream = handler.on.kind === 'stream' ? handler.on.stream : tickStream(handler.name);
  const stream = overrides.stream ?? portfolio.streamKey(ownStream);
  return {
    handler: handler.name,
    stream,
    group: portfolio.group(overrides.group ?? (handler.on.kind === 'stream' ? handler.on.group : handler.name)),
    consumer: overrides.consumer ?? worker,
    deadLetters: portfolio.deadLetters(stream),
    mark: portfolio.key(runtimeKeys.mark(handler.name)),
    finished: portfolio.key(runtimeKeys.finished(handler.name)),
    last: portfolio.key(runtimeKeys.lastCommit(handler.name, worker)),
    token: portfolio.key(runtimeKeys.token(handler.name)),
    lease: portfolio.key(runtimeKeys.lease(handler.name)),
    consumers: portfolio.key(runtimeKeys.consumers(handler.name)),
  };
}

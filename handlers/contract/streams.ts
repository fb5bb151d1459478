import type { DescribedStream } from '../../schemas/api/streams/described.ts';
import { runtimeStreams } from '../../schemas/api/streams/runtime.ts';
import type { AnyHandler, OutputStream } from './handler.ts';

/** Handlers in the order of lists: by their stage on the way of a plan, then by name. */
export function inOrder<H extends Pick<AnyHandler, 'stage' | 'name'>>(handlers: readonly H[]): readonly H[] {
  const stage = (handler: H) => handler.stage ?? Number.POSITIVE_INFINITY;
  return handlers.toSorted((a, b) => stage(a) - stage(b) || a.name.localeCompare(b.name));
}

/** The streams that these handlers write, each once; those of the runtime itself are left out. */
export function outputsOf(handlers: readonly AnyHandler[]): readonly OutputStream[] {
  const own = new Set(runtimeStreams.map(({ name }) => name));
  const all = inOrder(handlers).flatMap(({ outputs = [] }) => outputs);
  return [...new Map(all.map((stream) => [stream.name, stream])).values()].filter(({ name }) => !own.has(name));
}

/** Names of the streams that these handlers read and none of them writes: other programs do. */
export function inputStreamsOf(handlers: readonly AnyHandler[]): readonly string[] {
  const written = new Set(outputsOf(handlers).map(({ name }) => name));
  const read = handlers.flatMap(({ on, input }) =>
    on.kind === 'stream' && input?.internal !== true ? [on.stream] : [],
  );
  return [...new Set(read)].filter((name) => !written.has(name));
}

/** Every stream of a portfolio on which these handlers run, in words. */
export function describedStreams(handlers: readonly AnyHandler[]): readonly DescribedStream[] {
  const inputs = inOrder(handlers).flatMap(({ on, input }): DescribedStream[] => {
    if (on.kind !== 'stream' || input === undefined) return [];
    return [{ ...input, name: on.stream, direction: input.internal === true ? 'both' : 'in' }];
  });
  const internal = inputs.filter((stream) => stream.internal === true);
  const external = inputs.filter((stream) => stream.internal !== true);
  return [...external, ...outputsOf(handlers), ...runtimeStreams, ...internal];
}

import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { describedStreams, inOrder, outputsOf } from '../../../handlers/contract/streams.ts';
import type { Gates } from '../../../schemas/api/gate.ts';
import type { DescribedStream } from '../../../schemas/api/streams/described.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { reasonWords } from '../../engine/status/faces.ts';

/** What every gate declares of itself, in the order of lists. */
export function declaredGates(handlers: readonly AnyHandler[]): Gates {
  const names = [...new Set(inOrder(handlers).map(({ gate }) => gate))];
  return { gates: names.map((gate) => declaredGate(gate, handlers)) };
}

function declaredGate(gate: string, handlers: readonly AnyHandler[]): Gates['gates'][number] {
  const own = inOrder(handlers).filter((handler) => handler.gate === gate);
  const modes = modalGates(own)[0]?.modes;
  const metrics = new Map(own.flatMap((handler) => handler.metrics).map(({ name, help }) => [name, help]));
  return {
    gate,
    handlers: own.map(({ name, summary }) => ({ handler: name, summary })),
    modes:
      modes === undefined
        ? null
        : {
            values: Object.fromEntries(modes.values.map((mode) => [mode, modes.words[mode] ?? ''])),
            ...{ resting: modes.resting, enforcing: modes.enforcing, silent: [...modes.silent] },
          },
    reads: readBy(own, handlers).map(streamOf),
    writes: outputsOf(own).map(streamOf),
    lookups: own.flatMap(({ lookups = [] }) =>
      lookups.map(({ key, kind, holds, keptFor }) => ({ key, kind, holds, kept_for: keptFor })),
    ),
    limits: [...new Set(own.flatMap(({ policySettings = [] }) => policySettings))],
    reasons: Object.assign({}, ...own.map(reasonsOf)),
    checks: Object.assign({}, ...own.map(({ checks = {} }) => checks)),
    metrics: [...metrics].map(([metric, help]) => ({ metric, help })),
  };
}

/** Its reasons in words; where a decision has figures, `-` stands. */
function reasonsOf(handler: AnyHandler): Readonly<Record<string, string>> {
  const names = Object.keys(handler.reasons ?? {});
  return Object.fromEntries(
    names.map((reason) => [reason, reasonWords(handler, { reason, checks: [], symbol: 'SYMBOL' })]),
  );
}

function readBy(own: readonly AnyHandler[], handlers: readonly AnyHandler[]): readonly DescribedStream[] {
  const read = new Set(
    own.flatMap(({ on, input }) => (on.kind === 'stream' && input?.internal !== true ? [on.stream] : [])),
  );
  return describedStreams(handlers).filter(({ name, direction }) => read.has(name) && direction === 'in');
}

function streamOf({ name, summary, fields }: DescribedStream) {
  return { stream: name, summary, fields: { ...fields } };
}

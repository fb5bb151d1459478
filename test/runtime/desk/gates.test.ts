import { expect, test } from 'vitest';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { declaredGates } from '../../../runtime/desk/overview/gates.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { Gates } from '../../../schemas/api/gate.ts';

const handlers = await loadHandlers();

test("every gate is told once, in the order of a plan's way, and as it is described", () => {
  const told = declaredGates(handlers);
  const ours = ['heat-gate', 'heat-bridge', 'risk-governor', 'governor', 'feeds'];
  expect(told.gates.map(({ gate }) => gate).filter((gate) => ours.includes(gate))).toEqual(ours);
  expect(Gates.parse(told)).toEqual(told);
});

test('a gate tells its modes, what it reads and writes, and what a policy may set', () => {
  const { gates } = declaredGates(handlers);
  const [heat, bridge] = ['heat-gate', 'heat-bridge'].map((name) => gates.find(({ gate }) => gate === name));
  expect(heat?.modes).toMatchObject({ resting: 'shadow', enforcing: 'enforce', silent: ['shadow'] });
  expect(heat?.reads.map(({ stream }) => stream)).toEqual(['harvest.proposal']);
  expect(heat?.writes.map(({ stream }) => stream)).toEqual([
    'harvest.calibrated',
    'harvest.heat.decision',
    'heat.history',
  ]);
  expect(heat?.limits).toContain('HEAT_MIN');
  expect(bridge).toMatchObject({ modes: null, reads: [], writes: [] });
});

test("so does one of somebody's own, in its words", () => {
  const own = {
    ...(handlers[0] as AnyHandler),
    name: 'own-gate',
    gate: 'own-gate',
    on: { kind: 'stream', stream: 'own.asked', group: 'own_gate' },
    input: { summary: 'Entries', writers: 'Strategies', readers: '', fields: { plan_id: 'Id of the plan' } },
    outputs: [
      {
        direction: 'out',
        name: 'own.judged',
        summary: 'Judged',
        writers: '',
        readers: '',
        fields: { verdict: 'It' },
      },
    ],
    reasons: { ok: 'nothing is against it' },
  } satisfies AnyHandler;
  const told = declaredGates([...handlers, own]).gates.find(({ gate }) => gate === 'own-gate');
  expect(told).toMatchObject({
    reads: [{ stream: 'own.asked', fields: { plan_id: 'Id of the plan' } }],
    writes: [{ stream: 'own.judged', summary: 'Judged', fields: { verdict: 'It' } }],
    reasons: { ok: 'nothing is against it' },
  });
});

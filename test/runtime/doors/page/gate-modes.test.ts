import { expect, test } from 'vitest';
import { declaredGates } from '../../../../runtime/desk/overview/gates.ts';
import { gateModes } from '../../../../runtime/doors/page/text/gate-modes.ts';
import { loadHandlers } from '../../../../runtime/engine/host/load-handlers.ts';
import { echoGate } from '../../../support/gates.ts';
import { GATES } from '../../../support/http.ts';

const ECHO_MODES = {
  settings: ['ECHO_MODE'],
  values: ['observe', 'deny'],
  initial: 'observe',
  resting: 'observe',
  enforcing: 'deny',
  silent: ['observe'],
  words: { observe: 'Says what it would deny.', deny: 'Denies.' },
};
const nobody = { actor: '', reason: '', since: null, candidate: null, foreign: null, skips: [] };

test('the gates that have modes, in the order of a plan, with those that each may be put in', async () => {
  const four = (await loadHandlers()).filter(({ gate }) => (GATES as readonly string[]).includes(gate));
  const shown = gateModes(declaredGates(four), [{ gate: 'governor', mode: 'testnet', enforcing: true, ...nobody }]);
  expect(shown.map(({ gate }) => gate)).toEqual(['heat-gate', 'risk-governor', 'governor']);
  expect(shown[2]?.now).toEqual({ mode: 'testnet', isSilent: false });
  expect(shown[2]?.others.map(({ mode }) => mode).toSorted()).toEqual(['dry_run', 'production']);
});

test('a gate of your own is there without limits of its own, and its modes are what it says of them', () => {
  const declared = declaredGates([{ ...echoGate(), modes: ECHO_MODES }]);
  const [shown] = gateModes(declared, [{ gate: echoGate().gate, mode: 'observe', enforcing: false, ...nobody }]);
  expect(shown).toMatchObject({
    now: { mode: 'observe', isSilent: true },
    others: [{ mode: 'deny', isSilent: false }],
  });
});

test('while nobody has said what a gate is in, it may be put in any, and none is said', () => {
  const declared = declaredGates([{ ...echoGate(), modes: ECHO_MODES }]);
  for (const now of [undefined, []]) {
    expect(gateModes(declared, now)).toEqual([
      {
        gate: echoGate().gate,
        now: undefined,
        others: [
          { mode: 'observe', isSilent: true },
          { mode: 'deny', isSilent: false },
        ],
      },
    ]);
  }
});

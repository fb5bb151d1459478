import { expect, test } from 'vitest';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import heatGate from '../../../handlers/heat-gate/index.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { readerOf } from '../../../runtime/engine/status/faces.ts';
import { decisionRecord } from '../../../schemas/decision.ts';
import { bellGate, clockGate, echoGate } from '../../support/gates.ts';

const REFUSED = decisionRecord({
  verdict: 'DENIED',
  reason: 'too_much',
  symbol: 'AUSDT',
  checks: '[{"gate":"size","value":2,"limit":1,"headroom":-1,"verdict":"refuse"}]',
});
const PLAIN = {
  inputs: 'none',
  incomplete: false,
  failed: false,
  changed: true,
  protective: 'none',
  verdicts: [['AUSDT', 'DENIED']],
};

const named = (handlers: readonly AnyHandler[]) => judgesOf(handlers).map(({ name }) => name);

test('of our gates three decide: no feed, and not the bridge', async () => {
  const deciding = named(await loadHandlers());
  expect(deciding).toEqual(expect.arrayContaining(['heat-gate', 'risk-governor', 'governor']));
  for (const other of ['heat-bridge', 'portfolio-state', 'market-state', 'cluster-stress']) {
    expect(deciding).not.toContain(other);
  }
});

test('a gate decides by the handler that has its name, else by its first; one that runs later or on a timer is none', () => {
  const other = { ...echoGate({ name: 'alpha' }), gate: 'echo' };
  const nameless = { ...echoGate({ name: 'one' }), gate: 'many' };
  const quiet = { ...echoGate({ name: 'quiet' }), decides: false as const };
  expect(named([other, echoGate(), nameless, quiet, bellGate(), clockGate(1)])).toEqual(['echo', 'clock', 'one']);
});

test('a decision of a gate that says nothing of its own is read by its checks', () => {
  expect(readerOf(echoGate())(REFUSED)).toEqual(PLAIN);
  const { changed, failed } = readerOf(echoGate())(decisionRecord({ verdict: 'DENIED', reason: 'evaluation_error' }));
  expect({ changed, failed }).toEqual({ changed: true, failed: true });
});

test('a reading that throws leaves it at that', () => {
  const reading = () => {
    throw new Error('cannot read it');
  };
  expect(readerOf({ ...echoGate(), reading })(REFUSED)).toEqual(PLAIN);
});

test('exits that the settings or the defaults call protective have to go through', () => {
  const exit = (reason: string) =>
    decisionRecord({
      verdict: 'DOWNGRADE',
      reason: 'portfolio_heat_cold',
      action: 'FULL_CLOSE',
      input: JSON.stringify({ reason }),
    });
  const read = readerOf(heatGate, heatGate.settings.parse({ P26_PROTECTIVE_REASONS: 'panic' }));
  const touched = ['panic', 'stop_loss', 'take_profit'].map((reason) => read(exit(reason)).protective);
  expect(touched).toEqual(['changed', 'changed', 'none']);
});

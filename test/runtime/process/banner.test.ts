import { expect, test } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { firstLines } from '../../../runtime/process/banner.ts';
import { echoGate } from '../../support/gates.ts';
import { fakeRuntime } from '../../support/http.ts';

test('a gate without modes says by its own declaration what it does, and a mode what it leaves out', async () => {
  const { modes: _none, ...silent } = echoGate();
  const handlers = [...(await loadHandlers()), silent];
  const runtime = fakeRuntime({ handlers, modes: { 'heat-bridge': '', feeds: '', echo: '' } });
  const lines = firstLines({
    runtime,
    http: { addresses: [] } as never,
    redis: { embedded: false, description: 'redis://somewhere' } as never,
    token: { at: 'environment' },
    droppedLimits: [],
    skips: ['governor, testnet: not judged: kill score'],
    link: undefined,
  });
  expect(lines).toContain('  heat-bridge    no modes: all it ever writes are lookups');
  expect(lines).toContain('  feeds          no modes: it keeps the state of account and market fresh');
  expect(lines).toContain('  echo           no modes');
  expect(lines).toContain('  MODE SKIPS     governor, testnet: not judged: kill score');
});

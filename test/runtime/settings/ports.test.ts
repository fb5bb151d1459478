import { describe, expect, test } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { loadSettings } from '../../../runtime/settings/load.ts';
import { echoGate } from '../../support/gates.ts';

const OWN = {
  ...echoGate(),
  listeners: [
    {
      role: 'echo',
      setting: 'ECHO_PORT',
      port: 8099,
      bare: 'ECHOES',
      serves: ['metrics'] as const,
      sign: { path: '/metrics', text: 'echo_' },
    },
  ],
};
const handlers = [...(await loadHandlers()), OWN];
const load = (env: Record<string, string>) => loadSettings(env, handlers);

describe('a port that a gate declares', () => {
  test('is its own by default, what its setting says else, and off with all others', () => {
    expect(load({}).runtime.ports.echo).toBe(8099);
    expect(load({ ECHO_PORT: '9099' }).runtime.ports.echo).toBe(9099);
    expect(load({ ECHO_PORT: '0' }).runtime.ports).toMatchObject({ echo: 0, p26: 8056 });
    expect(load({ HTTP_PORT: '0' }).runtime.ports.echo).toBe(0);
  });

  test.each([
    [{ ECHO_PORT: '70000' }, 'ECHO_PORT: expected a port from 0 to 65535, got "70000"'],
    [{ ECHO_PORT: '8040' }, 'ECHO_PORT: expected a port of its own, got 8040, which is HTTP_PORT already'],
    [{ P28_PORT: '8099' }, 'ECHO_PORT: expected a port of its own, got 8099, which is P28_PORT already'],
  ])('%j stops the start', (env, problem) => {
    expect(() => load(env)).toThrow(problem);
  });
});

describe('a bare port', () => {
  test('is understood where its gate runs alone', () => {
    const { runtime, warnings } = load({ METRICS_PORT: '9000', GATES: 'governor' });
    expect([runtime.ports.governor, warnings]).toEqual([9000, []]);
    expect(load({ PORT: '9001', GATES: 'risk-governor,' }).runtime.ports.p28).toBe(9001);
    expect(load({ ECHOES: '9002', GATES: 'echo' }).runtime.ports.echo).toBe(9002);
  });

  test.each([
    [{ METRICS_PORT: '9000' }, 'set GOV_METRICS_PORT instead'],
    [{ PORT: '9000', GATES: 'governor,risk-governor' }, 'set P28_PORT instead'],
    [{ PORT: '9000', P28_PORT: '9001', GATES: 'risk-governor' }, 'PORT=9000 is ignored: P28_PORT is set too'],
  ])('is named in a warning else: %j', (env, warning) => {
    expect(load(env).warnings).toEqual([expect.stringContaining(warning)]);
  });
});

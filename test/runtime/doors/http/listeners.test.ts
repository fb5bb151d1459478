import { describe, expect, it } from 'vitest';
import { listenProblem, planListeners } from '../../../../runtime/doors/http/listeners.ts';
import { startHttp } from '../../../../runtime/doors/http/server.ts';
import { loadHandlers } from '../../../../runtime/engine/host/load-handlers.ts';
import { fakeRuntime, GATES, httpOptions } from '../../../support/http.ts';

const handlers = await loadHandlers();
const PORTS = { http: 8040, p26: 8056, p27Metrics: 8070, p27Health: 8071, p28: 8049, governor: 8044 };

describe('planned listeners', () => {
  const settings = (ports: Partial<typeof PORTS>, gates: readonly string[] = GATES) =>
    planListeners({ ports: { ...PORTS, ...ports }, gates, handlers }).map(({ setting, port }) => `${setting}=${port}`);

  it('are all six by default', () => {
    expect(settings({})).toEqual([
      'HTTP_PORT=8040',
      'P26_METRICS_PORT=8056',
      'P27_METRICS_PORT=8070',
      'P27_HEALTH_PORT=8071',
      'P28_PORT=8049',
      'GOV_METRICS_PORT=8044',
    ]);
  });

  it.each([
    ['HTTP_PORT=0 switches all off', { http: 0 }, GATES, []],
    [
      'a further port 0 switches that one off',
      { p26: 0, p28: 0, p27Health: 0 },
      GATES,
      ['HTTP_PORT=8040', 'P27_METRICS_PORT=8070', 'GOV_METRICS_PORT=8044'],
    ],
    ['gates that do not run here have no listener', {}, ['heat-gate'], ['HTTP_PORT=8040', 'P26_METRICS_PORT=8056']],
  ])('%s', (_sentence, ports, gates, expected) => {
    expect(settings(ports, gates)).toEqual(expected);
  });

  it('refuse two settings with one port, by name and with a way out', () => {
    expect(() => planListeners({ ports: { ...PORTS, p28: 8040 }, gates: GATES, handlers })).toThrow(
      'P28_PORT=8040: expected a port of its own, got the one of HTTP_PORT. Choose another: P28_PORT=8140, or P28_PORT=0 to switch this listener off',
    );
  });

  it('HTTP_PORT=0 opens nothing', async () => {
    const runtime = fakeRuntime();
    const http = await startHttp(runtime, await httpOptions(runtime, { ports: { ...PORTS, http: 0 } }));
    expect(http.addresses).toEqual([]);
    await http.close();
  });
});

describe('the reason why a port cannot be had', () => {
  const [http, p26] = planListeners({ ports: PORTS, gates: GATES, handlers });
  const problem = (listener: typeof http, code: string | undefined) => {
    if (listener === undefined) throw new Error('expected a planned listener');
    return listenProblem(listener, '127.0.0.1', code);
  };

  it('names setting, port and way out when it is taken', () => {
    expect(problem(p26, 'EADDRINUSE')).toBe(
      'P26_METRICS_PORT=8056: expected a free port, got one that another program listens on (127.0.0.1:8056). Stop that program, or choose another port: P26_METRICS_PORT=8156, or P26_METRICS_PORT=0 to switch this listener off',
    );
  });

  it.each([
    ['EADDRINUSE', 'HTTP_PORT=0 to switch all HTTP off'],
    ['EACCES', 'expected a port this user may listen on'],
    ['EADDRNOTAVAIL', 'HTTP_HOST=127.0.0.1: expected an address of this machine'],
    ['EMFILE', 'cannot listen on 127.0.0.1:8040 (EMFILE)'],
  ])('%s says: %s', (code, words) => {
    expect(problem(http, code)).toContain(words);
  });
});

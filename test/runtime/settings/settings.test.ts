import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GOVERNOR_MODES } from '../../../handlers/common/governor-modes.ts';
import { type AnyHandler, defineHandler, stream } from '../../../handlers/contract/handler.ts';
import { heatModeSpec } from '../../../handlers/heat-gate/modes.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { handlersToRun, loadSettings, SettingsError } from '../../../runtime/settings/load.ts';
import { HeatBridgeSettings } from '../../../schemas/heat-bridge.ts';
import { choiceSetting, listSetting, numberSetting } from '../../../schemas/setting.ts';

const Settings = z
  .object({
    HEAT_MIN: numberSetting(0, 10, 0.25),
    HEAT_MAX: numberSetting(0, 10, 0.65),
    P26_MODE: choiceSetting(['shadow', 'enforce'], 'shadow'),
    P26_PROTECTIVE_REASONS: listSetting(['stop_loss']),
  })
  .refine((settings) => settings.HEAT_MIN < settings.HEAT_MAX, 'HEAT_MIN: expected less than HEAT_MAX');

const real = new Map((await loadHandlers()).map((handler) => [handler.name, handler]));

function gate(name: string, modes: AnyHandler['modes'], settings: z.ZodType = Settings): AnyHandler {
  return defineHandler({
    name,
    gate: name,
    summary: 'a gate of this test',
    on: stream('harvest.proposal', { group: 'group', overrides: { stream: 'P27_STREAM_IN' } }),
    message: z.unknown(),
    settings,
    settingNames: Object.keys(Settings.shape),
    ...(modes !== undefined && { modes }),
    metrics: [],
    listeners: real.get(name)?.listeners ?? [],
    reads: () => ({}),
    handle: () => ({ effects: [] }),
    onFailure: () => ({ effects: [] }),
  });
}

const HEAT = gate('heat-gate', heatModeSpec);
const GOVERNOR = gate('governor', GOVERNOR_MODES);
const RISK = gate('risk-governor', undefined);
const ALL = [HEAT, gate('heat-bridge', undefined), GOVERNOR, RISK];

function load(env: Record<string, string>) {
  return loadSettings(env, ALL);
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('with nothing set', () => {
  it('everything has the defaults of the contract', () => {
    const { runtime, modes, warnings } = load({});
    expect(runtime).toMatchObject({
      redis: { url: undefined, embeddedPort: 6380, dataFolder: resolve('.portcullis'), mayInstall: true },
      httpHost: '127.0.0.1',
      ports: { http: 8040, p26: 8056, p27Metrics: 8070, p27Health: 8071, p28: 8049, governor: 8044 },
      gates: [],
      adminToken: undefined,
      logLevel: 'info',
      portfolios: ['quantum'],
      streamMaxAgeMs: 7 * 86_400_000,
      streamMaxLen: 200_000,
      trimInputs: false,
      streamOverrides: {},
      outputPrefix: undefined,
      groupSuffix: undefined,
      p28TestMode: false,
    });
    expect([...modes]).toEqual([
      ['heat-gate', { value: 'shadow', explicit: false }],
      ['governor', { value: 'testnet', explicit: false }],
    ]);
    expect(warnings).toEqual([]);
  });
});

describe('values are read', () => {
  it('without a trailing comment and the blanks around them', () => {
    const { handlers, modes } = load({ HEAT_MAX: ' 0.7   # HOT from here', P26_MODE: 'enforce # shadow | enforce' });
    expect(handlers.get('heat-gate')).toMatchObject({ HEAT_MAX: 0.7, P26_MODE: 'enforce' });
    expect(modes.get('heat-gate')).toEqual({ value: 'enforce', explicit: true });
  });

  it('with a # that belongs to them', () => {
    expect(load({ ADMIN_TOKEN: 'a#b' }).runtime.adminToken).toBe('a#b');
  });

  it('as not set when empty, except where empty says something', () => {
    const { handlers } = load({ HEAT_MAX: '', HEAT_MIN: '   ', P26_PROTECTIVE_REASONS: '' });
    expect(handlers.get('heat-gate')).toMatchObject({ HEAT_MIN: 0.25, HEAT_MAX: 0.65, P26_PROTECTIVE_REASONS: [] });
  });

  it.each([
    [{ REDIS_URL: 'redis://h:1/2', REDIS_HOST: 'x' }, 'redis://h:1/2'],
    [{ REDIS_HOST: 'redis' }, 'redis://redis:6379/0'],
    [{ REDIS_PORT: '7000' }, 'redis://127.0.0.1:7000/0'],
    [{ REDIS_HOST: '::1', REDIS_DB: '3' }, 'redis://[::1]:6379/3'],
    [{ REDIS_DB: '0' }, 'redis://127.0.0.1:6379/0'],
  ] as [Record<string, string>, string][])('%j asks for the Redis %s', (env, url) => {
    expect(load(env).runtime.redis.url).toBe(url);
  });

  it('HTTP_PORT=0 closes every listener', () => {
    expect(Object.values(load({ HTTP_PORT: '0' }).runtime.ports)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('whole stream keys of the originals', () => {
    const { streamOverrides } = load({ STREAM_PLANS: 'a:plans', STREAM_RESULTS: 'b', STREAM_EVENTS: 'c' }).runtime;
    expect(streamOverrides).toEqual({ 'apply.plan': 'a:plans', 'apply.result': 'b', 'governor.events': 'c' });
  });

  it.each([
    ['INFO', 'info'],
    ['WARNING', 'warn'],
    ['critical', 'fatal'],
  ])('the log level %s as %s, HeatBridge with its own', (text, level) => {
    expect(load({ LOG_LEVEL: text }).runtime.logLevel).toBe(level);
    expect(HeatBridgeSettings.parse({ P27_LOG_LEVEL: text }).P27_LOG_LEVEL).toBe(level);
    expect(HeatBridgeSettings.parse({}).P27_LOG_LEVEL).toBeUndefined();
  });
});

describe('a bad value stops the start', () => {
  it.each([
    [{ P26_METRICS_PORT: 'abc' }, 'P26_METRICS_PORT: expected a port from 0 to 65535, got "abc"'],
    [{ HEAT_MIN: '0x1' }, 'HEAT_MIN: expected a number from 0 to 10, got "0x1"'],
    [{ HEAT_MIN: '0.65' }, 'HEAT_MIN: expected less than HEAT_MAX'],
    [{ P26_MODE: 'on' }, 'P26_MODE: expected shadow or enforce, got "on"'],
    [{ GOV_MODE: 'live' }, 'GOV_MODE: expected testnet, production or dry_run, got "live"'],
    [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL: expected redis://host:port'],
    [{ REDIS_URL: 'redis://h:1/main' }, 'REDIS_URL: expected the number of a database behind the port, got "main"'],
    [{ REDIS_URL: 'redis://h:99999' }, 'REDIS_URL: expected redis://host:port'],
    [{ REDIS_URL: 'http://u:secret@h' }, 'got "http://***@h"'],
    [{ ADMIN_TOKEN: 'two words' }, 'ADMIN_TOKEN: expected printable ASCII without blanks, got "two words"'],
    [{ STREAM_PLANS: 'a b' }, 'STREAM_PLANS: expected printable ASCII without blanks, got "a b"'],
    [
      { STREAM_PLANS: 'a', STREAM_EVENTS: 'a' },
      'STREAM_EVENTS: expected a stream of its own, got "a", which is STREAM_PLANS',
    ],
    [{ STREAM_PLANS: 'quantum:stream:governor.events' }, 'got "quantum:stream:governor.events", which is STREAM_PLANS'],
    [{ HTTP_HOST: '0.0.0.0' }, 'ADMIN_TOKEN: expected a token when HTTP_HOST is 0.0.0.0, got none'],
    [{ HTTP_HOST: 'a b' }, 'HTTP_HOST: expected an address or a host name, got "a b"'],
    [{ P28_PORT: '8056' }, 'P28_PORT: expected a port of its own, got 8056, which is P26_METRICS_PORT already'],
    [
      { GATES: 'heat' },
      'GATES: expected a comma list of governor, heat-bridge, heat-gate or risk-governor, got "heat"',
    ],
    [
      { PORTFOLIOS: 'a b' },
      'PORTFOLIOS: expected letters, digits, "_", "." and "-", with at most one {hash tag}, got "a b"',
    ],
    [
      { PORTFOLIOS: 'a,a:b' },
      'PORTFOLIOS: expected letters, digits, "_", "." and "-", with at most one {hash tag}, got "a:b"',
    ],
    [{ PORTFOLIOS: ':prove-0123456789ab' }, 'got ":prove-0123456789ab"'],
    [{ PORTFOLIOS: '{a' }, 'with at most one {hash tag}, got "{a"'],
    [{ PORTFOLIOS: '{}a' }, 'with at most one {hash tag}, got "{}a"'],
    [{ PORTFOLIOS: '{a}{b}' }, 'with at most one {hash tag}, got "{a}{b}"'],
    [{ PORTFOLIOS: 'a,b,a' }, 'PORTFOLIOS: expected each prefix once, got "a" twice'],
    [{ PORTFOLIOS: 'a,,b' }, 'PORTFOLIOS: expected a prefix between the commas, got none at place 2'],
    [{ STREAM_MAX_AGE_DAYS: '0' }, 'STREAM_MAX_AGE_DAYS: expected a number above 0'],
    [{ GOV_MODE: 'dry_run', APPLY_MODE: 'testnet' }, 'GOV_MODE: expected APPLY_MODE to be dry_run too'],
  ] as [Record<string, string>, string][])('%j: %s', (env, start) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(start)]);
  });

  it('with every problem in one message', () => {
    expect(problemsOf({ HTTP_PORT: 'x', HEAT_MIN: 'y', GOV_MODE: 'z' })).toHaveLength(3);
  });

  it.each([
    [{ GOV_MODE: 'dry_run', APPLY_MODE: 'dry_run' }],
    [{ GOV_MODE: 'dry_run' }],
    [{ APPLY_MODE: 'dry_run' }],
    [{ HTTP_HOST: '0.0.0.0', ADMIN_TOKEN: 'sixteen-letters-' }],
    [{ HTTP_HOST: '0.0.0.0', HTTP_PORT: '0' }],
    [{ HTTP_HOST: '::1' }],
    [{ PORTFOLIOS: '{fund-a}' }],
    [{ PORTFOLIOS: '{fund-a}:prove-0123456789ab' }],
    [{ PORTFOLIOS: 'quantum, x{fund-a}.b ,a,a.b' }],
    [{ P26_METRICS_PORT: '0', P28_PORT: '0' }],
  ] as [Record<string, string>][])('but not %j', (env) => {
    expect(problemsOf(env)).toEqual([]);
  });
});

describe('what is odd is named in a warning', () => {
  it.each([
    [{ P26_MOD: 'shadow' }, ['P26_MOD is not a setting and changes nothing: did you mean P26_MODE?']],
    [
      { GOV_METRIC_PORT: '1' },
      ['GOV_METRIC_PORT is not a setting and changes nothing: did you mean GOV_METRICS_PORT?'],
    ],
    [{ P28_ENTIRELY_DIFFERENT: '1' }, ['P28_ENTIRELY_DIFFERENT is not a setting and changes nothing']],
    [{ P27_STREAM_IN: 'x', HOME: '/', PATH: '/bin' }, []],
    [{ REDIS_PORT: 'tcp://10.0.0.1:6379' }, [expect.stringContaining('Kubernetes')]],
    [{ HEAT_GATE_METRICS_URL: 'http://x' }, [expect.stringContaining('not supported yet')]],
  ] as [Record<string, string>, unknown[]][])('%j', (env, expected) => {
    expect(load(env).warnings).toEqual(expected);
  });

  it('beside a bad value too', () => {
    const both = () => load({ P26_MOD: 'shadow', HEAT_MIN: 'high' });
    expect(both).toThrow(expect.objectContaining({ warnings: [expect.stringContaining('P26_MODE?')] }));
  });

  it('a Kubernetes port leaves the choice of our own Redis', () => {
    expect(load({ REDIS_PORT: 'tcp://10.0.0.1:6379' }).runtime.redis.url).toBeUndefined();
  });
});

describe('GATES', () => {
  it('names the handlers that run', () => {
    expect(handlersToRun([], ALL)).toEqual(ALL);
    expect(handlersToRun(['governor'], ALL)).toEqual([GOVERNOR]);
  });
});

describe("the originals' own files", () => {
  const folder = new URL('../../fixtures/settings/', import.meta.url);
  const halfAKey =
    'BINANCE_TESTNET_API_SECRET changes nothing: no account is read without BINANCE_TESTNET_API_KEY beside it';
  it.each(readdirSync(folder).map((file) => [file, file === 'governor.env' ? [halfAKey] : []] as const))(
    '%s starts the system and warns of %j',
    async (file, warnings) => {
      const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
      const pairs = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2));
      expect(pairs.length).toBeGreaterThan(3);
      expect(loadSettings(Object.fromEntries(pairs), await loadHandlers()).warnings).toEqual(warnings);
    },
  );
});

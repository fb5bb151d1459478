import { expect, it } from 'vitest';
import { type LoadedSettings, loadSettings } from '../../../runtime/settings/load.ts';

function load(settings: Readonly<Record<string, string>>): LoadedSettings {
  return loadSettings({ REDIS_HOST: '127.0.0.1', ...settings }, []);
}

it('without a word there is no viewer, and changes are allowed', () => {
  expect(load({}).runtime).toMatchObject({ viewerToken: undefined, consoleReadOnly: false, trustedProxies: [] });
});

it('a viewer’s token and read-only mode are as they are set', () => {
  const settings = { ADMIN_TOKEN: 'one', VIEWER_TOKEN: 'two', CONSOLE_READ_ONLY: '1' };
  expect(load(settings).runtime).toMatchObject({ adminToken: 'one', viewerToken: 'two', consoleReadOnly: true });
});

it.each([
  ['127.0.0.1', ['127.0.0.1']],
  ['10.0.0.0/8, ::1,fd00::/8', ['10.0.0.0/8', '::1', 'fd00::/8']],
  ['0.0.0.0/0', ['0.0.0.0/0']],
])('proxies named as %s are trusted', (text, networks) => {
  expect(load({ TRUSTED_PROXIES: text }).runtime.trustedProxies).toEqual(networks);
});

it.each([
  [{ VIEWER_TOKEN: 'two words' }, 'VIEWER_TOKEN: expected printable ASCII without blanks, got "two words"'],
  [
    { ADMIN_TOKEN: 'one', VIEWER_TOKEN: 'one' },
    'VIEWER_TOKEN: expected a token of its own, got the one of ADMIN_TOKEN',
  ],
  [{ CONSOLE_READ_ONLY: 'perhaps' }, 'CONSOLE_READ_ONLY: expected'],
  [{ HTTP_HOST: '0.0.0.0', VIEWER_TOKEN: 'two' }, 'ADMIN_TOKEN: expected a token when HTTP_HOST is 0.0.0.0, got none'],
])('%j is refused', (settings, problem) => {
  expect(() => load(settings)).toThrow(problem);
});

const LONG = 'sixteen-letters-';

it.each([
  ['ADMIN_TOKEN', { ADMIN_TOKEN: 'fifteen-letters' }],
  ['VIEWER_TOKEN', { ADMIN_TOKEN: LONG, VIEWER_TOKEN: 'fifteen-letters' }],
])('a token is refused beyond loopback, of 15 characters: %s', (name, tokens) => {
  for (const host of ['0.0.0.0', '10.0.0.1', '::', 'risk.example']) {
    const expected = `${name}: expected at least 16 characters when HTTP_HOST is ${host}, got 15`;
    expect(() => load({ HTTP_HOST: host, ...tokens })).toThrow(expected);
    expect(() => load({ HTTP_HOST: host, ...tokens })).not.toThrow('fifteen-letters');
  }
});

it.each([
  { HTTP_HOST: '0.0.0.0', ADMIN_TOKEN: LONG, VIEWER_TOKEN: 'letters-sixteen-' },
  { HTTP_HOST: 'localhost', ADMIN_TOKEN: 'a', VIEWER_TOKEN: 'b' },
  { HTTP_HOST: '0.0.0.0', HTTP_PORT: '0', ADMIN_TOKEN: 'a' },
])('%j is long enough', (settings) => {
  expect(() => load(settings)).not.toThrow();
});

it('names that may be asked for are a comma list, without ports', () => {
  const names = ['risk.example', 'portcullis_1', 'svc.cluster.local.'];
  expect(load({ ALLOWED_HOSTS: names.join(', ') }).runtime.allowedHosts).toEqual(names);
  for (const bad of ['risk.example:8040', '*', 'a b', 'http://a']) {
    const expected = `ALLOWED_HOSTS: expected a comma list of host names without ports, got "${bad}"`;
    expect(() => load({ ALLOWED_HOSTS: bad })).toThrow(expected);
  }
});

it.each(['yes', 'proxy.example', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '127.0.0.1,', '10.0.0.0/'])(
  'proxies named as %s are refused',
  (text) => {
    expect(() => load({ TRUSTED_PROXIES: text })).toThrow('TRUSTED_PROXIES: expected a comma list of addresses');
  },
);

import { expect, it } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { loadSettings } from '../../../runtime/settings/load.ts';

const handlers = await loadHandlers();
const URL_WITH_KEY = 'https://hooks.example/services/the-key';

function alerts(env: Readonly<Record<string, string>>) {
  return loadSettings(env, handlers).runtime.alerts;
}

it('sends nothing where nothing is set, and json of what is critical where only an address is', () => {
  expect(alerts({})).toBeUndefined();
  expect(alerts({ ALERT_WEBHOOK_URL: URL_WITH_KEY })).toEqual({
    url: URL_WITH_KEY,
    format: 'json',
    level: 'critical',
    secret: undefined,
    chatId: undefined,
  });
});

it.each([
  ['no address', { ALERT_WEBHOOK_URL: 'the-key' }, 'ALERT_WEBHOOK_URL: expected an http or https address'],
  ['another protocol', { ALERT_WEBHOOK_URL: 'ftp://x/the-key' }, 'ALERT_WEBHOOK_URL: expected an http or https'],
  ['an address with blanks', { ALERT_WEBHOOK_URL: 'https://x/ the-key' }, 'ALERT_WEBHOOK_URL: expected an http or'],
  [
    'a short secret',
    { ALERT_WEBHOOK_URL: URL_WITH_KEY, ALERT_WEBHOOK_SECRET: 'the-key89012345' },
    'ALERT_WEBHOOK_SECRET: expected 16 characters or more',
  ],
  [
    'an unknown format',
    { ALERT_WEBHOOK_URL: URL_WITH_KEY, ALERT_WEBHOOK_FORMAT: 'xml' },
    'ALERT_WEBHOOK_FORMAT: expected json, slack or telegram, got "xml"',
  ],
  [
    'telegram without a chat',
    { ALERT_WEBHOOK_URL: URL_WITH_KEY, ALERT_WEBHOOK_FORMAT: 'telegram' },
    'ALERT_WEBHOOK_CHAT_ID: expected a chat',
  ],
  [
    'a chat that nothing is sent to',
    { ALERT_WEBHOOK_URL: URL_WITH_KEY, ALERT_WEBHOOK_CHAT_ID: '7' },
    'ALERT_WEBHOOK_CHAT_ID: expected ALERT_WEBHOOK_FORMAT=telegram beside it, got "json"',
  ],
  [
    'a secret alone',
    { ALERT_WEBHOOK_SECRET: 'the-key8901234567' },
    'ALERT_WEBHOOK_URL: expected an address beside ALERT_WEBHOOK_SECRET, got none',
  ],
] as const)('%s stops the start, and no key is shown', (_name, env, expected) => {
  let said = '';
  try {
    alerts(env);
  } catch (error) {
    said = String(error);
  }
  expect(said).toContain(expected);
  expect(said).not.toContain('the-key');
});

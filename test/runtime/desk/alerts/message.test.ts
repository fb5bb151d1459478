import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { ALERT_ID, messageOf, SIGNATURE } from '../../../../runtime/desk/alerts/message.ts';
import type { Alert } from '../../../../schemas/alert.ts';

const NOW_MS = 1_700_000_009_999;
const alert: Alert = {
  id: 'quantum:1700000000000-0',
  state: 'began',
  severity: 'critical',
  portfolio: 'quantum',
  key: 'executions',
  what: 'an order of <!channel> & <b>x</b>',
  do: 'portcullis explain x',
  at: 1_700_000_000,
};
const plain = { format: 'json', chatId: undefined, secret: undefined } as const;
const text = 'CRITICAL quantum: an order of <!channel> & <b>x</b>\nportcullis explain x\n2023-11-14 22:13:20 UTC';

it('is the alert itself in the format json', () => {
  const { body, headers } = messageOf(alert, plain, NOW_MS);
  expect(JSON.parse(body)).toEqual(alert);
  expect(headers).toEqual({ 'content-type': 'application/json', [ALERT_ID]: alert.id });
});

it('is a text for Slack, without marks of its own in what came from a stream', () => {
  const { body } = messageOf(alert, { ...plain, format: 'slack' }, NOW_MS);
  const escaped = text.replace('<!channel> & <b>x</b>', '&lt;!channel&gt; &amp; &lt;b&gt;x&lt;/b&gt;');
  expect(JSON.parse(body)).toEqual({ text: escaped });
});

it('is a text and its chat for Telegram', () => {
  const { body } = messageOf(alert, { ...plain, format: 'telegram', chatId: '-100' }, NOW_MS);
  expect(JSON.parse(body)).toEqual({ chat_id: '-100', text });
});

it('says that something is over, and asks for nothing then', () => {
  const { body } = messageOf({ ...alert, state: 'ended', portfolio: '' }, { ...plain, format: 'slack' }, NOW_MS);
  expect(JSON.parse(body).text).toMatch(/^OVER: CRITICAL: an order of .*\n2023-11-14 22:13:20 UTC$/);
});

it('is signed over its time and its body, and the signature fits nothing else', () => {
  const secret = 'a secret of sixteen';
  const { body, headers } = messageOf(alert, { ...plain, secret }, NOW_MS);
  const hex = createHmac('sha256', secret).update(`1700000009.${body}`).digest('hex');
  expect(headers[SIGNATURE]).toBe(`t=1700000009,v1=${hex}`);
  expect(messageOf(alert, { ...plain, secret }, NOW_MS + 1).headers[SIGNATURE]).not.toBe(headers[SIGNATURE]);
  expect(messageOf({ ...alert, what: 'x' }, { ...plain, secret }, NOW_MS).headers[SIGNATURE]).not.toBe(
    headers[SIGNATURE],
  );
});

import { createHmac } from 'node:crypto';
import type { Alert } from '../../../schemas/alert.ts';
import type { AlertSettings } from '../../settings/alert-settings.ts';

/** The header of the signature. */
export const SIGNATURE = 'x-portcullis-signature';
/** The header that has the id of the alert, in every format. */
export const ALERT_ID = 'x-portcullis-alert-id';

const HEADS = { began: '', ended: 'OVER: ', happened: '' } as const;

/**
 * What is sent: the body, and the headers beside it. With a secret, `x-portcullis-signature` is `t=SECONDS,v1=HEX`, the
 * HMAC-SHA256 of `SECONDS.BODY`, so that a receiver can refuse what is forged, and what is old and sent again.
 */
export function messageOf(
  alert: Alert,
  { format, chatId, secret }: Omit<AlertSettings, 'url' | 'level'>,
  nowMs: number,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const body = JSON.stringify(bodyOf(alert, format, chatId));
  const headers = { 'content-type': 'application/json', [ALERT_ID]: alert.id };
  if (secret === undefined) return { body, headers };
  const seconds = Math.floor(nowMs / 1000);
  const hex = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return { body, headers: { ...headers, [SIGNATURE]: `t=${seconds},v1=${hex}` } };
}

function bodyOf(alert: Alert, format: AlertSettings['format'], chatId: string | undefined): unknown {
  if (format === 'slack') return { text: slackText(textOf(alert)) };
  if (format === 'telegram') return { chat_id: chatId, text: textOf(alert) };
  return alert;
}

/** One alert as a person reads it: which portfolio, how bad, what, and what to do. */
function textOf({ state, severity, portfolio, what, do: todo, at }: Alert): string {
  const where = portfolio === '' ? '' : ` ${portfolio}`;
  const first = `${HEADS[state]}${severity.toUpperCase()}${where}: ${what}`;
  const when = `${new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return [first, ...(state === 'ended' || todo === '' ? [] : [todo]), when].join('\n');
}

/** Slack reads `&`, `<` and `>` as its own marks: `<!channel>` in a plan's name would wake everybody. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

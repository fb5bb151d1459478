import { z } from 'zod';
import { choiceSetting, optionalNameSetting, quoted } from '../../schemas/setting.ts';

/** How the body of a webhook is written. */
export const alertFormats = ['json', 'slack', 'telegram'] as const;

/** The settings of the webhook by their names in the environment (contract §6). */
export const alertEnvironment = {
  ALERT_WEBHOOK_URL: z
    .string()
    .regex(/^[!-~]+$/, 'expected an http or https address without blanks (its value is not shown)')
    .optional(),
  ALERT_WEBHOOK_FORMAT: choiceSetting(alertFormats, 'json'),
  ALERT_WEBHOOK_LEVEL: choiceSetting(['critical', 'warning'], 'critical'),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .regex(/^[!-~]{16,}$/, 'expected 16 characters or more, printable ASCII without blanks (its value is not shown)')
    .optional(),
  ALERT_WEBHOOK_CHAT_ID: optionalNameSetting(),
} as const;

const Values = z.object(alertEnvironment);

/** Where problems are told of, and how. */
export interface AlertSettings {
  /** The whole address, a secret where it holds a key, as those of Slack and Telegram do. */
  readonly url: string;
  readonly format: (typeof alertFormats)[number];
  /** The least severity that is told of. */
  readonly level: 'critical' | 'warning';
  /** The key of the signature; without one nothing is signed. */
  readonly secret: string | undefined;
  /** The chat that Telegram is to write to. */
  readonly chatId: string | undefined;
}

/** What is wrong with the settings of the webhook taken together; the address is not shown, as it may hold a key. */
export function alertProblems(values: z.output<typeof Values>): string[] {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_FORMAT: format, ALERT_WEBHOOK_CHAT_ID: chatId } = values;
  const named = ['ALERT_WEBHOOK_SECRET', 'ALERT_WEBHOOK_CHAT_ID'] as const;
  if (url === undefined) {
    return named
      .filter((name) => values[name] !== undefined)
      .map((name) => `ALERT_WEBHOOK_URL: expected an address beside ${name}, got none: nothing would be sent`);
  }
  const problems: string[] = [];
  if (!(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    problems.push('ALERT_WEBHOOK_URL: expected an http or https address (its value is not shown)');
  if (format === 'telegram' && chatId === undefined)
    problems.push('ALERT_WEBHOOK_CHAT_ID: expected a chat beside ALERT_WEBHOOK_FORMAT=telegram, got none');
  if (format !== 'telegram' && chatId !== undefined)
    problems.push(`ALERT_WEBHOOK_CHAT_ID: expected ALERT_WEBHOOK_FORMAT=telegram beside it, got ${quoted(format)}`);
  return problems;
}

/** The settings in the shape the sender uses; `undefined` where nothing is to be sent. */
export function alertSettingsOf(values: z.output<typeof Values>): AlertSettings | undefined {
  if (values.ALERT_WEBHOOK_URL === undefined) return undefined;
  return {
    url: values.ALERT_WEBHOOK_URL,
    format: values.ALERT_WEBHOOK_FORMAT,
    level: values.ALERT_WEBHOOK_LEVEL,
    secret: values.ALERT_WEBHOOK_SECRET,
    chatId: values.ALERT_WEBHOOK_CHAT_ID,
  };
}

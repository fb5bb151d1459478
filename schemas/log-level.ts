import { alternatives, setting } from './setting.ts';

/** Levels of log lines, most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** A level of log lines. */
export type LogLevel = (typeof LOG_LEVELS)[number];

const OTHER_SPELLINGS: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'fatal' };

/** A log level, in any case; `WARNING` and `CRITICAL`, as the originals write them, are `warn` and `fatal`. */
export function logLevelSetting<T extends LogLevel | undefined>(initial: T) {
  return setting<LogLevel | T>(alternatives(LOG_LEVELS), initial, (text) => {
    const word = text.trim().toLowerCase();
    return OTHER_SPELLINGS[word] ?? LOG_LEVELS.find((level) => level === word);
  });
}

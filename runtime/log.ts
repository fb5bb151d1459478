import { type Logger, pino } from 'pino';
import type { LogLevel } from './settings/runtime-settings.ts';

/** Where log lines go: one chunk of text a line, its newline included. */
export interface LogTarget {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly handler?: string;
}

/** The log of a process: JSON lines for machines, `12:00:00.000 [INFO] text` for a person at a terminal. */
export function makeLog(level: LogLevel, target: LogTarget): Logger {
  const write = target.isTTY === true ? (json: string) => void target.write(readable(json)) : undefined;
  return pino({ level, base: null }, { write: write ?? ((json: string) => void target.write(json)) });
}

function readable(json: string): string {
  const { level, time, msg, handler } = JSON.parse(json) as Line;
  const name = (pino.levels.labels[level] ?? '?').toUpperCase();
  const about = handler === undefined ? '' : `${handler}: `;
  return `${new Date(time).toISOString().slice(11, 23)} [${name}] ${about}${msg ?? ''}\n`;
}

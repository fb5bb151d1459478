import { type Logger, pino } from 'pino';
import type { LogLevel } from '../../schemas/log-level.ts';

/** Where log lines go: chunks of whole lines, their newlines included. */
export interface LogTarget {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly handler?: string;
  readonly portfolio?: string;
  readonly [more: string]: unknown;
}

/**
 * The log of a process: JSON lines for machines, `12:00:00.000 [INFO] text` for a person at a terminal. Lines of one
 * turn of the event loop are written together, in order, at its end; those of the last turn when the process exits.
 */
export function makeLog(level: LogLevel, target: LogTarget): Logger {
  const gathered = new GatheredLines(target);
  const asWritten = target.isTTY === true ? readable : (json: string) => json;
  return pino({ level, base: null }, { write: (json: string) => gathered.add(asWritten(json)) });
}

class GatheredLines {
  readonly #target: LogTarget;
  #text = '';

  constructor(target: LogTarget) {
    this.#target = target;
  }

  add(line: string): void {
    if (this.#text === '') {
      unwritten.add(this);
      setImmediate(() => this.flush());
    }
    this.#text += line;
  }

  flush(): void {
    unwritten.delete(this);
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#target.write(text);
  }
}

const unwritten = new Set<GatheredLines>();
process.on('exit', () => {
  for (const lines of unwritten) lines.flush();
});

/** Words, with what they are about before them and what the line says beside them behind, where they do not say it already. */
function readable(json: string): string {
  const { level, time, msg = '', handler, portfolio, ...more } = JSON.parse(json) as Line;
  const name = (pino.levels.labels[level] ?? '?').toUpperCase();
  const about = [portfolio, handler].filter((one) => one !== undefined).join(' ');
  const said = Object.entries(more).map(([key, value]) => besideOf(key, value));
  const beside = said.filter((one) => one !== undefined && !msg.includes(one.value)).map((one) => one?.text);
  const text = `${about === '' ? '' : `${about}: `}${msg}${beside.length === 0 ? '' : ` (${beside.join(', ')})`}`;
  return `${new Date(time).toISOString().slice(11, 23)} [${name}] ${text.replace(/\p{Cc}/gu, '\u{fffd}')}\n`;
}

/** What a field says in words; undefined of one that is made of fields itself, which only machines read. */
function besideOf(key: string, value: unknown): { readonly value: string; readonly text: string } | undefined {
  if (typeof value === 'string' || typeof value === 'number') {
    return { value: String(value), text: `${key.replaceAll('_', ' ')} ${value}` };
  }
  if (key !== 'err' || typeof value !== 'object' || value === null || !('message' in value)) return undefined;
  const text = String(value.message);
  return { value: text, text };
}

import { z } from 'zod';
import { parseNumber } from './number.ts';
import { parseBoolean } from './wire.ts';

const SHOWN_CHARS = 60;
/** What a limit says that does not limit. */
export const OFF = 'off';

/** The zod type of a setting: text of the environment in (or nothing), a parsed value out. */
export type Setting<T> = z.ZodType<T>;

/** A finite number from `min` to `max`, both included (`-Infinity`, `Infinity`: no limit on that side). */
export function numberSetting(min: number, max: number, initial: number): Setting<number> {
  return setting(`a number${rangeText(min, max)}`, initial, (text) => numberWithin(text, min, max));
}

/** A finite number greater than `min` and at most `max`. */
export function numberAboveSetting(min: number, max: number, initial: number): Setting<number> {
  const upTo = max === Infinity ? '' : ` and up to ${max}`;
  return setting(`a number above ${min}${upTo}`, initial, (text) => {
    const value = numberWithin(text, min, max);
    return value === min ? undefined : value;
  });
}

/** A whole number from `min` to `max`, both included (`Infinity`: no limit). */
export function integerSetting(min: number, max: number, initial: number): Setting<number> {
  return setting(`a whole number${rangeText(min, max)}`, initial, (text) => integerWithin(text, min, max));
}

/** A TCP port; 0 means that nothing listens there. */
export function portSetting(initial: number): Setting<number> {
  return setting('a port from 0 to 65535', initial, (text) => integerWithin(text, 0, 65_535));
}

/** A boolean in the spellings of the wire (contract §0). */
export function booleanSetting(initial: boolean): Setting<boolean> {
  return setting('true, 1, yes, false, 0 or no', initial, (text) => (text === '' ? undefined : parseBoolean(text)));
}

/** One of the words given, in any case; the value has the spelling given here. */
export function choiceSetting<const T extends string>(values: readonly T[], initial: NoInfer<T>): Setting<T> {
  const byWord = new Map(values.map((value) => [value.toLowerCase(), value]));
  return setting(alternatives(values), initial, (text) => byWord.get(text.trim().toLowerCase()));
}

/** Text that is not blank, without the blanks around it. */
export function textSetting(initial: string): Setting<string> {
  return setting('text', initial, (text) => text.trim() || undefined);
}

/** Text that may be left out: `undefined` then. */
export function optionalTextSetting(): Setting<string | undefined> {
  return setting<string | undefined>('text', undefined, (text) => text.trim() || undefined);
}

/** A name that may be left out (`undefined` then): printable ASCII without blanks, so that it can be typed anywhere. */
export function optionalNameSetting(): Setting<string | undefined> {
  return setting<string | undefined>('printable ASCII without blanks', undefined, (text) => {
    const name = text.trim();
    return /^[!-~]+$/.test(name) ? name : undefined;
  });
}

/** A comma list of words without the blanks around them; empty text is an empty list. */
export function listSetting(initial: readonly string[]): Setting<readonly string[]> {
  return setting('a comma list', initial, (text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
}

/** A setting that is `undefined` where nobody set it, or where it says `off`: a policy says so where the environment sets it. */
export function offSetting<T>(inner: Setting<T>): Setting<T | undefined> {
  return z
    .string()
    .optional()
    .transform((text, context): T | undefined => {
      if (text === undefined || text.trim().toLowerCase() === OFF) return undefined;
      const parsed = inner.safeParse(text);
      if (parsed.success) return parsed.data;
      for (const { message } of parsed.error.issues) {
        context.addIssue({ code: 'custom', message: message.replace(/^expected /, `expected ${OFF}, or `) });
      }
      return z.NEVER;
    });
}

/** A setting of any kind: `parse` gives `undefined` for text that is not what `expected` says. */
export function setting<T>(expected: string, initial: T, parse: (text: string) => T | undefined): Setting<T> {
  return z
    .string()
    .optional()
    .transform((text, context): T => {
      if (text === undefined) return initial;
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `expected ${expected}, got ${quoted(text)}` });
      return z.NEVER;
    });
}

/** A list of alternatives in words: `a`, `a or b`, `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** A text as messages show it: in quotes, at most 60 characters of it. */
export function quoted(text: string): string {
  return JSON.stringify(excerptOf(text));
}

/** Anything as messages show it: as JSON, at most 60 characters of it. */
export function shown(value: unknown): string {
  return excerptOf(JSON.stringify(value) ?? 'nothing');
}

function excerptOf(text: string): string {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

function numberWithin(text: string, min: number, max: number): number | undefined {
  const value = parseNumber(text);
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

function integerWithin(text: string, min: number, max: number): number | undefined {
  const value = numberWithin(text, min, max);
  return Number.isSafeInteger(value) ? value : undefined;
}

function rangeText(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return '';
  if (max === Infinity) return ` of at least ${min}`;
  if (min === -Infinity) return ` of at most ${max}`;
  return ` from ${min} to ${max}`;
}

import { describe, expect, it } from 'vitest';
import type { Setting } from '../../schemas/setting.ts';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  listSetting,
  numberAboveSetting,
  numberSetting,
  optionalTextSetting,
  portSetting,
  textSetting,
} from '../../schemas/setting.ts';

function said<T>(setting: Setting<T>, text: string | undefined): unknown {
  const result = setting.safeParse(text);
  return result.success ? result.data : result.error.issues.map((issue) => issue.message).join('; ');
}

describe('a setting that is left out has its default', () => {
  it.each([
    [numberSetting(0, 1, 0.25), 0.25],
    [integerSetting(0, 9, 3), 3],
    [portSetting(8040), 8040],
    [booleanSetting(true), true],
    [choiceSetting(['shadow', 'enforce'], 'shadow'), 'shadow'],
    [textSetting('127.0.0.1'), '127.0.0.1'],
    [optionalTextSetting(), undefined],
    [listSetting(['quantum']), ['quantum']],
  ] as [Setting<unknown>, unknown][])('%#: %j', (setting, expected) => {
    expect(said(setting, undefined)).toEqual(expected);
  });
});

describe('a number has its limits included', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    [' 0.5 ', 0.5],
    ['5e-1', 0.5],
    ['-0.0001', 'expected a number from 0 to 1, got "-0.0001"'],
    ['1.0001', 'expected a number from 0 to 1, got "1.0001"'],
    ['', 'expected a number from 0 to 1, got ""'],
    ['0x1', 'expected a number from 0 to 1, got "0x1"'],
    ['NaN', 'expected a number from 0 to 1, got "NaN"'],
    ['1e400', 'expected a number from 0 to 1, got "1e400"'],
    ['abc', 'expected a number from 0 to 1, got "abc"'],
  ])('%j is %j', (text, expected) => {
    expect(said(numberSetting(0, 1, 0.25), text)).toBe(expected);
  });

  it('leaves the lower limit out when it must be above it', () => {
    expect(said(numberAboveSetting(0, Infinity, 1), '0')).toBe('expected a number above 0, got "0"');
    expect(said(numberAboveSetting(0, 10, 1), '11')).toBe('expected a number above 0 and up to 10, got "11"');
    expect(said(numberAboveSetting(0, 10, 1), '10')).toBe(10);
  });

  it.each([
    [0, Infinity, 'expected a number of at least 0, got "x"'],
    [-Infinity, 5, 'expected a number of at most 5, got "x"'],
    [-Infinity, Infinity, 'expected a number, got "x"'],
  ])('says which limits from %d to %d it has', (min, max, expected) => {
    expect(said(numberSetting(min, max, 0), 'x')).toBe(expected);
  });
});

describe('other settings', () => {
  it.each([
    [integerSetting(1, 100, 10), '2.5', 'expected a whole number from 1 to 100, got "2.5"'],
    [integerSetting(1, 100, 10), '100', 100],
    [portSetting(1), '65535', 65_535],
    [portSetting(1), '65536', 'expected a port from 0 to 65535, got "65536"'],
    [portSetting(1), 'abc', 'expected a port from 0 to 65535, got "abc"'],
    [booleanSetting(false), 'True', true],
    [booleanSetting(true), '0', false],
    [booleanSetting(true), 'maybe', 'expected true, 1, yes, false, 0 or no, got "maybe"'],
    [booleanSetting(true), '', 'expected true, 1, yes, false, 0 or no, got ""'],
    [choiceSetting(['shadow', 'enforce'], 'shadow'), ' ENFORCE', 'enforce'],
    [choiceSetting(['shadow', 'enforce'], 'shadow'), 'on', 'expected shadow or enforce, got "on"'],
    [choiceSetting(['a', 'b', 'c'], 'a'), 'd', 'expected a, b or c, got "d"'],
    [textSetting('x'), ' \t', 'expected text, got " \\t"'],
    [listSetting(['x']), 'a, b,,c ', ['a', 'b', 'c']],
    [listSetting(['x']), '', []],
    [numberSetting(0, 1, 0), 'x'.repeat(70), `expected a number from 0 to 1, got "${'x'.repeat(60)}…"`],
  ] as [Setting<unknown>, string, unknown][])('%#: %j is %j', (setting, text, expected) => {
    expect(said(setting, text)).toEqual(expected);
  });
});

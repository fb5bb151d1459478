import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { scaledRules } from './scaled-rules.ts';

const RULES = new URL('../../deploy/prometheus/rules/', import.meta.url);

function rulesOf(text: string): Record<string, unknown>[] {
  return parse(text).groups.flatMap((group: { rules: Record<string, unknown>[] }) => group.rules);
}

it.each(readdirSync(RULES))('%s: nothing but durations is another, and no range is left as it was', (name) => {
  const text = readFileSync(new URL(name, RULES), 'utf8');
  const scaled = rulesOf(scaledRules(text, 30));
  const bare = (rule: Record<string, unknown>) => ({
    ...rule,
    expr: String(rule.expr).replaceAll(/\[\w+\]/g, '[]'),
    for: rule.for !== undefined,
  });
  expect(scaled.map(bare)).toEqual(rulesOf(text).map(bare));
  expect(scaled.flatMap(({ expr }) => String(expr).match(/\[\d+(?!\d*ms\])\w*\]/g) ?? [])).toEqual([]);
});

it('divides what is written in any unit', () => {
  const text = 'groups: [{ name: g, rules: [{ alert: A, expr: "rate(x[1h30m]) > 30", for: 90s }] }]';
  expect(rulesOf(scaledRules(text, 30))).toEqual([{ alert: 'A', expr: 'rate(x[180000ms]) > 30', for: '3000ms' }]);
});

it('refuses what is no duration', () => {
  const text = 'groups: [{ name: g, rules: [{ alert: A, expr: x, for: soon }] }]';
  expect(() => scaledRules(text, 30)).toThrow('expected a duration such as 90s or 1h30m, got soon');
});

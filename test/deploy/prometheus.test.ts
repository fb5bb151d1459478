import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { exportedFamilies, metricsIn, prometheusRules } from '../support/metric-names.ts';

const FOLDER = new URL('../../deploy/prometheus/', import.meta.url);

const Cases = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).optional() })),
    }),
  ),
});

function page(path: string): string {
  return readFileSync(new URL(path, FOLDER), 'utf8');
}

const rules = prometheusRules;
const alerts = rules.filter((rule) => 'alert' in rule);
const cases = Cases.parse(parse(page('tests/alerts.yml'))).tests.flatMap((one) => one.alert_rule_test);
const runbook = page('../../docs/runbook.md').split('\n');

describe('alert rules', () => {
  it('are there', () => expect(alerts.length).toBeGreaterThan(20));

  it.each(rules.map((rule) => ['record' in rule ? rule.record : rule.alert, rule.expr]))(
    '%s asks for families that are exported',
    (_name, expression) => {
      const named = metricsIn(expression);
      expect(named).not.toEqual([]);
      expect(named.filter((name) => !exportedFamilies.has(name))).toEqual([]);
    },
  );

  it.each(alerts.map(({ alert, annotations }) => [alert, annotations.runbook_url]))(
    '%s is in the runbook, with what it means, where to look and what to do',
    (alert, url) => {
      expect(url).toBe(`{{ $externalLabels.portcullis_url }}/runbook#${alert.toLowerCase()}`);
      const from = runbook.indexOf(`### ${alert}`);
      expect(from).toBeGreaterThan(0);
      const to = runbook.findIndex((line, at) => at > from && line.startsWith('#'));
      const words = runbook.slice(from, to === -1 ? undefined : to).join('\n');
      for (const part of ['**Means**', '**Look**', '**do']) expect(words.toLowerCase()).toContain(part.toLowerCase());
    },
  );

  it.each(alerts.map(({ alert }) => [alert]))('%s is tried where it must fire and where it must not', (alert) => {
    const own = cases.filter(({ alertname }) => alertname === alert);
    expect(own.map(({ exp_alerts }) => exp_alerts !== undefined).sort()).toEqual([false, true]);
  });

  it('the runbook speaks of no alert that is not there', () => {
    const titles = runbook.filter((line) => line.startsWith('### ')).map((line) => line.slice(4));
    expect(titles.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });
});

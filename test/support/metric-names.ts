import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { runtimeMetrics } from '../../runtime/engine/host/runtime-metrics.ts';
import { COMPANIONS } from '../../runtime/process/companions.ts';

const RULES = new URL('../../deploy/prometheus/rules/', import.meta.url);
const WORDS = /^(?:sum|max|min|count|rate|increase|avg_over_time|changes|histogram_quantile|unless|or|and)$/;

const Alert = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const Recording = z.strictObject({ record: z.string(), expr: z.string() });
const Rules = z.object({ groups: z.array(z.object({ rules: z.array(z.union([Alert, Recording])) })) });

/** All rules of `deploy/prometheus/rules`. */
export const prometheusRules = readdirSync(RULES).flatMap((name) =>
  Rules.parse(parse(readFileSync(new URL(name, RULES), 'utf8'))).groups.flatMap((group) => group.rules),
);

const handlers = await loadHandlers();
const specs = [...handlers.flatMap(({ metrics }) => metrics), ...runtimeMetrics(handlers, COMPANIONS)];

/** Every name a query may ask for: families with the series of histograms, recorded ratios, and Prometheus's own `up`. */
export const exportedFamilies: ReadonlySet<string> = new Set([
  ...specs.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
  ...prometheusRules.flatMap((rule) => ('record' in rule ? [rule.record] : [])),
  'up',
]);

/** The metric names of an expression: words that are no function, keyword or label. */
export function metricsIn(expression: string): string[] {
  const bare = expression.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(?:by|on) \([^)]*\)/g, '');
  return [...bare.matchAll(/[a-z_][a-z0-9_:]*\b/gi)].map(([word]) => word).filter((word) => !WORDS.test(word));
}

import { parse, stringify } from 'yaml';
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const Rules = z.object({
  groups: z.array(
    z.object({ name: z.string(), rules: z.array(z.looseObject({ expr: z.string(), for: z.string().optional() })) }),
  ),
});

/** The YAML text of rules with every `for` and every range divided by `by`; limits and all else stay. */
export function scaledRules(text: string, by: number): string {
  const scaled = (duration: string) => `${Math.round(milliseconds(duration) / by)}ms`;
  const groups = Rules.parse(parse(text)).groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({
      ...rule,
      expr: rule.expr.replaceAll(/\[(\w+)\]/g, (_range, duration: string) => `[${scaled(duration)}]`),
      ...(rule.for !== undefined && { for: scaled(rule.for) }),
    })),
  }));
  return stringify({ groups }, { lineWidth: 0 });
}

/** A duration as Prometheus writes it (`90s`, `1h30m`), in ms. Throws for what is none. */
function milliseconds(duration: string): number {
  const parts = [...duration.matchAll(/(\d+)(ms|[smhd])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== duration) {
    throw new Error(`expected a duration such as 90s or 1h30m, got ${duration}`);
  }
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0);
}

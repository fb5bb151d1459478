import { prometheusRules } from './metric-names.ts';

interface Level {
  readonly kind: 'is';
  readonly compare: '==' | '>';
  readonly value: number;
}

/** How an expression looks at a family: `rises` (rate, increase), `changes`, or what a series is compared with. */
type Look = { readonly kind: 'rises' | 'changes' } | Level;

/** A family that an alert asks for, by the labels it asks for. */
export interface Asked {
  readonly family: string;
  readonly labels: readonly (readonly [name: string, pattern: RegExp])[];
  readonly look: Look;
}

const SELECTOR = /([a-z][a-z0-9_]*)(?:\{([^}]*)\})?(\[\w+\])?(?:\))?(?:\s*(==|>)\s*([\d.]+))?/g;
/** Without Redis another alert fires in place of one that says so. */
const WITHOUT_REDIS = ' unless on (instance, portfolio) portcullis_redis_up == 0';
const RECORDED = new Map(
  prometheusRules.flatMap((rule) => ('record' in rule ? [[rule.record, rule.expr] as const] : [])),
);
const ALERTS = new Map(prometheusRules.flatMap((rule) => ('alert' in rule ? [[rule.alert, rule.expr] as const] : [])));

/** The names of all alerts. */
export const alertNames: readonly string[] = [...ALERTS.keys()];

/** The families that an alert asks for, recorded ones as what they are recorded from. */
export function askedBy(alert: string): readonly Asked[] {
  const expression = [...RECORDED].reduce(
    (text, [name, recorded]) => text.replaceAll(name, recorded),
    ALERTS.get(alert) ?? '',
  );
  const bare = expression.replace(WITHOUT_REDIS, '').replaceAll(/\b(?:by|on) \([^)]*\)/g, '');
  return [...bare.matchAll(SELECTOR)].flatMap(([, family = '', labels = '', range, compare, value]) => {
    if (!family.includes('_')) return [];
    const changes = bare.includes(`changes(${family}`);
    const look: Look =
      range === undefined
        ? { kind: 'is', compare: compare === '>' ? '>' : '==', value: Number(value) }
        : { kind: changes ? 'changes' : 'rises' };
    return [{ family, labels: labelsOf(labels), look }];
  });
}

/** The values of what is asked for in an exposition, one for each series. */
export function valuesOf(exposition: string, { family, labels }: Asked): readonly number[] {
  return exposition.split('\n').flatMap((line) => {
    const [, name, own = '', value] = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name !== family) return [];
    const has = new Map([...own.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]));
    return labels.every(([key, pattern]) => pattern.test(has.get(key) ?? '')) ? [Number(value)] : [];
  });
}

/** Whether nothing of what is asked for is amiss yet: what it is compared with, or may change, is there and another. */
export function isCalm({ look }: Asked, values: readonly number[]): boolean {
  if (look.kind !== 'is') return look.kind === 'rises' || values.length > 0;
  return (look.compare === '>' || values.length > 0) && !reached(look, values);
}

/** Whether what is asked for has moved from what it was to where its alert sees it; `atLeast`: a limit to be reached instead. */
export function hasMoved(
  { look }: Asked,
  before: readonly number[],
  after: readonly number[],
  atLeast?: number,
): boolean {
  if (look.kind === 'is') return reached(atLeast === undefined ? look : { ...look, value: atLeast }, after);
  if (look.kind === 'rises') return sum(after) > sum(before);
  return after.some((value, at) => before[at] !== undefined && value !== before[at]);
}

function reached({ compare, value }: Level, values: readonly number[]): boolean {
  return values.some((one) => (compare === '==' ? one === value : one > value));
}

function labelsOf(text: string): Asked['labels'] {
  return [...text.matchAll(/(\w+)(=~|=)"([^"]*)"/g)].map(([, name = '', , pattern = '']) => [
    name,
    new RegExp(`^(?:${pattern})$`),
  ]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

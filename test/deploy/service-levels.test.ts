import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exportedFamilies, metricsIn } from '../support/metric-names.ts';

const page = readFileSync(new URL('../../docs/continuity.md', import.meta.url), 'utf8');
const [, table = ''] = page.split('## Service levels');
const queries = [...(table.split('\n## ')[0]?.matchAll(/^\| [^|]+ \| `([^`]+)` \|/gm) ?? [])].map(
  ([, query = '']) => query,
);

it('the page has queries of service levels', () => expect(queries.length).toBeGreaterThan(5));

it.each(queries)('%s asks for families that are exported', (query) => {
  const named = metricsIn(query);
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !exportedFamilies.has(name))).toEqual([]);
});

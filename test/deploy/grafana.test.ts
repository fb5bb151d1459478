import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boardJson, boards } from '../../deploy/grafana/boards.ts';
import { exportedFamilies, metricsIn } from '../support/metric-names.ts';

const FOLDER = new URL('../../deploy/grafana/', import.meta.url);
const queries = boards.flatMap(({ name, panels }) =>
  panels.flatMap((panel) => panel.queries.map(({ expr }) => [name, panel.title, expr] as const)),
);

describe('boards', () => {
  it.each(boards.map((board) => [board.name, board]))(
    '%s is on disk as it is generated (npm run boards)',
    (name, board) => {
      expect(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')).toBe(boardJson(board));
    },
  );

  it('no other board is on disk', () => {
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
    expect(names.sort()).toEqual(boards.map(({ name }) => `${name}.json`).sort());
  });

  it.each(queries)('%s, "%s" asks for families that are exported: %s', (_board, _title, expression) => {
    const named = metricsIn(expression);
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !exportedFamilies.has(name))).toEqual([]);
  });

  it.each(queries)('%s, "%s" heeds the portfolio that is chosen', (_board, _title, expression) => {
    const ofTheProcess = metricsIn(expression).every((name) => name === 'portcullis_build_info');
    expect(ofTheProcess || expression.includes('portfolio=~"$portfolio"')).toBe(true);
  });

  it.each(boards.map((board) => [board.name, board]))('%s takes its data source from a variable', (_name, board) => {
    const { panels, templating } = JSON.parse(boardJson(board));
    expect(templating.list.map(({ name }: { name: string }) => name)).toEqual(['datasource', 'portfolio']);
    for (const { datasource } of panels) expect(datasource.uid).toBe('$datasource');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boardJson, boardsOf } from '../../deploy/grafana/boards.ts';
import { declaredBoards } from '../../deploy/grafana/declared-boards.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { exportedFamilies, metricsIn } from '../support/metric-names.ts';

const FOLDER = new URL('../../deploy/grafana/', import.meta.url);
const handlers = await loadHandlers();
const boards = boardsOf(handlers);
const queries = boards.flatMap(({ name, panels }) =>
  panels.flatMap((panel) => panel.queries.map(({ expr }) => [name, panel.title, expr] as const)),
);

describe('boards', () => {
  it.each(boards.map((board) => [board.name, board]))(
    '%s is on disk as it is generated (npm run docs)',
    (name, board) => {
      expect(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')).toBe(boardJson(board));
    },
  );

  it('of a gate that none is drawn for are made of what it declares', () => {
    const made = declaredBoards(handlers, []);
    expect(made.map(({ name }) => name).sort()).toEqual([...new Set(handlers.map(({ gate }) => gate))].sort());
    const governor = made.find(({ name }) => name === 'governor');
    expect(JSON.parse(boardJson(governor ?? made[0] ?? { name: '', title: '', panels: [] }))).toMatchObject({
      title: 'Portcullis: governor',
      uid: 'portcullis-governor',
    });
    const asked = made.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => expr)));
    const unknown = asked.flatMap((expr) => metricsIn(expr).filter((name) => !exportedFamilies.has(name)));
    expect(unknown).toEqual([]);
    expect(asked.filter((expr) => !expr.includes('portfolio=~"$portfolio"'))).toEqual([]);
    const declared = new Set(handlers.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
    expect([...declared].filter((name) => !asked.some((expr) => expr.includes(name)))).toEqual([]);
    expect(asked).toContain(
      'sum by (symbol, reason) (rate(quantum_govern_block_total{portfolio=~"$portfolio"}[5m])) * 60',
    );
    expect(declaredBoards(handlers, made)).toEqual([]);
  });

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

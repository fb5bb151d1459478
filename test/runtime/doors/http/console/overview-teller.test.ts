import { pino } from 'pino';
import { expect, it } from 'vitest';
import { OverviewTeller } from '../../../../../runtime/doors/http/console/live/overview-teller.ts';
import type { Overview } from '../../../../../schemas/api/overview.ts';

const OVERVIEW: Overview = {
  at: 1,
  portfolio: 'quantum',
  equity_usd: 100_000,
  drawdown_pct: 0,
  state_age_sec: null,
  heat: {
    value: 0,
    bucket: 'COLD',
    heat_min: 0.25,
    heat_max: 0.65,
    cause: 'no_positions',
    meanwhile: 'Meanwhile it counts as COLD.',
    risk_usd: 0,
    positions: 0,
    silent: 0,
    sigma_missing: [],
    notional_missing: [],
  },
  positions_known: false,
  positions: [],
  remainder: { positions: 0, contribution: 0 },
  trading_state: 'ACTIVE',
  armed: true,
  trading: { actor: '', reason: '', since: null },
  kill: { on: false, actor: null, reason: null, since: null },
  gates: [],
  deciding: [],
  limits: [],
  problems: [],
  feeds: [],
};

/** A teller that is given these answers in turn, with what it told and logged. */
function telling(answers: readonly (Overview | Error)[]) {
  const told: string[] = [];
  const logged: string[] = [];
  const left = [...answers];
  const answer = async () => {
    const next = left.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error('expected no further question');
    return next;
  };
  const log = pino({}, { write: (line: string) => void logged.push(line) });
  return { teller: new OverviewTeller(answer, (text) => void told.push(text), log), told, logged };
}

it('tells an overview that is different, and none that is only later', async () => {
  const later = { ...OVERVIEW, at: 2 };
  const poorer = { ...later, equity_usd: 99_000 };
  const { teller, told } = telling([OVERVIEW, later, poorer]);
  for (let time = 0; time < 3; time += 1) await teller.ask();
  expect(told).toHaveLength(2);
  expect(told[1]).toContain('99000');
  expect(told[1]).toMatch(/^event: overview\ndata: \{.*\}\n\n$/);
});

it('says once that it could not be made, and goes on when it can', async () => {
  const { teller, told, logged } = telling([new Error('no heat'), new Error('no heat'), OVERVIEW, new Error('again')]);
  for (let time = 0; time < 4; time += 1) await teller.ask();
  expect(told).toHaveLength(1);
  expect(teller.text).toBe(told[0]);
  expect(logged.map((line) => JSON.parse(line).msg)).toEqual([
    'the overview could not be made: no heat; trying again',
    'the overview could not be made: again; trying again',
  ]);
});

it('asks one question at a time', async () => {
  const { teller, told } = telling([OVERVIEW]);
  await Promise.all([teller.ask(), teller.ask(), teller.ask()]);
  expect(told).toHaveLength(1);
});

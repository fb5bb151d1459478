import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GateReport } from '../../../../runtime/desk/report/index.ts';
import { loadMay2021 } from '../../../../runtime/market/player/market.ts';
import { candidateText } from '../../../../schemas/candidate-text.ts';
import { DAY_SEC } from '../../../../schemas/duration.ts';
import { byHand, log, withExitCandidate, withPlanCandidate } from '../../../support/month-by-hand.ts';
import { Files, MONTH, may2021Csv, reportCli, reportFrom } from '../../../support/month-report.ts';

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
const lines = (all: readonly object[]) => all.map((one) => JSON.stringify(one)).join('\n');
const dayOf = ({ id }: { readonly id: string }) => Math.floor(Number(id.split('-')[0]) / 1000 / DAY_SEC) * DAY_SEC;

async function candidateOf(gate: 'governor' | 'heat-gate', file: string) {
  const { candidate } = await reportFrom<GateReport>(gate, '--file', file, '--candles', candles);
  if (candidate === null) throw new Error('expected a candidate');
  return candidate;
}

describe('a candidate that permits whatever is small, over the recorded month', () => {
  const MOST_USD = 20_000;
  let file: string;
  beforeAll(async () => {
    file = await files.write('plans.jsonl', lines(await withPlanCandidate(MOST_USD)));
  });

  it('is reported in decisions, permits and dollars by day, as a loop over the log counts them', async () => {
    const found = await candidateOf('governor', file);
    const plans = (await log()).filter(({ handler, plan_id }) => handler === 'governor' && plan_id.startsWith('entry'));
    const market = loadMay2021();
    const usdOf = ({ facts }: { facts: string }) => Number(JSON.parse(facts).plan_notional_usd);
    const permits = plans.filter(({ verdict }) => verdict === 'PERMIT').length;
    const theirs = plans.filter((plan) => usdOf(plan) <= MOST_USD).length;
    expect(found).toMatchObject({ decisions: plans.length, failed: 0, passed: permits, candidate_passed: theirs });
    expect(theirs).not.toBe(permits);
    const turned = plans.filter((plan) => (plan.verdict === 'PERMIT') !== usdOf(plan) <= MOST_USD);
    for (const day of found.days) {
      const own = plans.filter((plan) => dayOf(plan) === day.at);
      const other = turned.filter((plan) => dayOf(plan) === day.at);
      expect(day).toMatchObject({
        decisions: own.length,
        passed: own.filter(({ verdict }) => verdict === 'PERMIT').length,
        candidate_passed: own.filter((plan) => usdOf(plan) <= MOST_USD).length,
      });
      expect(day.usd).toBeCloseTo(sum(other.map((plan) => (plan.verdict === 'PERMIT' ? -1 : 1) * usdOf(plan))), 3);
    }
    expect(sum(found.days.map(({ decisions }) => decisions))).toBe(plans.length);
    expect(found.money).toMatchObject({ effects: turned.length, valued: turned.length });
    expect(found.money?.pnl_usd).toBeCloseTo(sum(found.days.map(({ pnl_usd }) => pnl_usd)), 4);
    const all = await log();
    const first = market.closedAtMs(0);
    const hour = ({ id }: { id: string }) => (Number(id.split('-')[0]) - first) / 3_600_000;
    const worth = turned.map((plan) => {
      const after = all.slice(all.indexOf(all.find(({ id }) => id === plan.id) as never) + 1);
      const left = after.find(({ handler, symbol }) => handler === 'heat-gate' && symbol === plan.symbol);
      const to = Math.min(left === undefined ? Infinity : hour(left), hour(plan) + 24, market.hours - 1);
      const ratio = market.close(plan.symbol, to) / market.close(plan.symbol, hour(plan));
      const side = JSON.parse(plan.input).side === 'BUY' ? 1 : -1;
      return (plan.verdict === 'PERMIT' ? -1 : 1) * usdOf(plan) * side * (ratio - 1);
    });
    expect(found.money?.pnl_usd).toBeCloseTo(sum(worth), 3);
  });

  it('is shown on the report, and alone where that is asked for', async () => {
    const whole = await reportCli('governor', '--file', file, '--candles', candles);
    expect(whole.out).toContain('The candidate by day');
    const { out, code } = await reportCli('governor', '--file', file, '--candles', candles, '--candidate');
    expect(code).toBe(0);
    expect(out).toContain('Shadow report: governor, candidate');
    expect(out).toMatch(
      /The candidate said something else on \d+ of \d+ decisions: \d+ went through, \d+ by the candidate\./,
    );
    expect(out).not.toContain('Soundness');
  });
});

it('a candidate that softens nothing is worth what the kept parts cost, exit by exit', async () => {
  const found = await candidateOf('heat-gate', await files.write('exits.jsonl', lines(await withExitCandidate())));
  const parts = await byHand(24);
  expect(found.money).toMatchObject({ effects: parts.length, valued: parts.length, horizon_sec: 86_400 });
  expect(found.money?.pnl_usd).toBeCloseTo(-sum(parts), 3);
  expect(found.candidate_passed - found.passed).toBe(parts.length);
  expect(found.versions).toMatchObject([{ version: 'candidate-2', decisions: found.decisions, differ: found.differ }]);
});

it('where no candidate was asked there is none, and the command says so', async () => {
  const { candidate } = await reportFrom<GateReport>('governor', '--file', MONTH);
  expect(candidate).toBeNull();
  const { code, err } = await reportCli('governor', '--file', MONTH, '--candidate');
  expect(code).toBe(1);
  expect(err).toContain('expected decisions of governor that a candidate was judged by, got none among');
});

it('one that fails, or that cannot be read, says nothing of what would have been', async () => {
  const all = (await withPlanCandidate(0)).map((line, at) => {
    if (!('candidate' in line)) return line;
    const failed = JSON.stringify({ version: 'v', verdict: 'FAILED', reason: 'broken', checks: [] });
    return { ...line, candidate: at % 2 === 0 ? failed : 'no json' };
  });
  const found = await candidateOf('governor', await files.write('failed.jsonl', lines(all)));
  expect(found.failed).toBe(found.decisions);
  expect(found.candidate_passed).toBe(found.passed);
  expect(found.money).toMatchObject({ effects: 0, pnl_usd: 0 });
});

it.each([
  [
    { verdict: 'BLOCK', reason: 'cap', words: 'a cap', differs: true },
    'Candidate abcdefgh would have said BLOCK: a cap (cap).',
  ],
  [{ verdict: 'PERMIT', reason: 'ok', words: 'ok', differs: true }, 'Candidate abcdefgh would have said PERMIT.'],
  [{ verdict: 'PERMIT', reason: 'ok', words: 'ok', differs: false }, 'Candidate abcdefgh said the same.'],
  [{ verdict: 'FAILED', reason: 'why', words: 'why', differs: true }, 'Candidate abcdefgh failed on it: why.'],
])('an explanation says of %j', (said, text) => {
  expect(candidateText({ version: 'abcdefghij', ...said })).toBe(text);
});

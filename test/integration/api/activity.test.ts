import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Activity } from '../../../schemas/api/activity.ts';
import { DoctorAnswer } from '../../../schemas/api/doctor.ts';
import { until } from '../../support/redis.ts';
import { ServedRig } from '../../support/served.ts';

const DECISIONS = 'quantum:stream:decisions';
const EVENTS = 'quantum:stream:governor.events';
/** More than two pages of a reading. */
const MANY = 1_203;

let rig: ServedRig;
beforeAll(async () => {
  rig = await ServedRig.start();
});
afterAll(() => rig.stop());

async function activity(query = ''): Promise<Activity> {
  let told: Activity | undefined;
  await until('the log to be read', async () => {
    const { code, body } = await rig.get(`/activity${query}`);
    expect(code).toBe(200);
    told = Activity.parse(body);
    expect(told).toEqual(body);
    return !told.is_reading;
  });
  return told as Activity;
}

/** Writes to the decision log as so long ago by the portfolio's clock; its ids are of now. */
async function decided(agoSec: number, verdict: string, reason = 'ok', times = 1): Promise<void> {
  const timestamp = String((await rig.now()) - agoSec);
  const pipeline = rig.client.pipeline();
  for (let at = 0; at < times; at++) {
    pipeline.xadd(DECISIONS, '*', ...Object.entries({ handler: 'governor', verdict, reason, timestamp }).flat());
  }
  await pipeline.exec();
}

async function told(event: string, reason: string): Promise<void> {
  const timestamp = String(await rig.now());
  await rig.client.xadd(EVENTS, '*', ...Object.entries({ event, reason, timestamp }).flat());
}

describe('what the gates did', () => {
  it('is nothing where nothing was decided', async () => {
    expect(await activity()).toMatchObject({
      counted_from: null,
      bins: [],
      day: { permits: 0, blocks: 0, reasons: [] },
    });
  });

  it('counts each decision once, however often it is asked, by hour and day', async () => {
    await decided(2 * 86_400, 'PERMIT');
    await decided(7_200, 'BLOCK', 'kill_switch');
    await decided(60, 'PERMIT', 'ok', MANY);
    await decided(60, 'BLOCK', 'symbol_cooldown', 2);
    await decided(60, 'DOWNGRADE');
    await told('PERMIT_WITHDRAWN', 'not_taken');
    await told('PERMIT_REVOKED', 'kill_switch');
    await told('EXECUTED_WITHOUT_PERMIT', 'no_permit');
    await activity('?since=1h');
    const { hour, day, bins } = await activity();
    expect(hour).toMatchObject({ permits: MANY, blocks: 2, softened: 1, not_taken: 1, executed_without_permit: 1 });
    expect(hour.taken).toBe(MANY - 2);
    expect(day).toMatchObject({ permits: MANY, blocks: 3 });
    expect(day.reasons).toEqual([
      { reason: 'symbol_cooldown', count: 2 },
      { reason: 'kill_switch', count: 1 },
    ]);
    expect(bins.reduce((sum, bin) => sum + bin.permits, 0)).toBe(MANY);
    await decided(0, 'PERMIT', 'ok', 3);
    expect((await activity()).day.permits).toBe(MANY + 3);
    expect((await activity('?since=7d')).bins.reduce((sum, bin) => sum + bin.permits, 0)).toBe(MANY + 4);
  });

  it('is refused for what is no moment, with what was expected', async () => {
    const { code, body } = await rig.get('/activity?since=yesterday');
    expect([code, body.message]).toEqual([400, expect.stringContaining('since: expected a span such as 30m')]);
  });
});

describe('decisions of a time', () => {
  it('are those from one moment to another, both included', async () => {
    const at = async (ago: number) => new Date(((await rig.now()) - ago) * 1000).toISOString();
    await rig.client.del(DECISIONS);
    const fixed = Math.floor(await rig.now()) - 500;
    for (const sec of [fixed, fixed + 1, fixed + 2, fixed + 3]) {
      const fields = { handler: 'governor', verdict: 'BLOCK', timestamp: String(sec) };
      await rig.client.xadd(DECISIONS, `${sec * 1000}-1`, ...Object.entries(fields).flat());
    }
    const iso = (sec: number) => new Date(sec * 1000).toISOString();
    const { body } = await rig.get(`/decisions?since=${iso(fixed + 1)}&until=${iso(fixed + 2)}`);
    const entries = body.entries as unknown as readonly { at: number }[];
    expect(entries.map((entry) => entry.at)).toEqual([fixed + 2, fixed + 1]);
    expect(body.next).toBeNull();
    expect((await rig.get(`/decisions?since=${await at(-60)}`)).body).toMatchObject({ entries: [] });
    expect((await rig.get('/decisions?since=never')).code).toBe(400);
  });
});

describe('the doctor over HTTP', () => {
  it('tells what is well and what is not', async () => {
    const { code, body } = await rig.get('/doctor');
    expect(code).toBe(200);
    const { findings } = DoctorAnswer.parse(body);
    expect(findings.find(({ check }) => check === 'portfolio state')).toMatchObject({ verdict: 'warn' });
    expect(findings.filter(({ verdict }) => verdict === 'ok').length).toBeGreaterThan(3);
    for (const { verdict, do: todo } of findings) expect(todo === '').toBe(verdict === 'ok');
  });
});

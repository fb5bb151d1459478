import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RejudgeAnswer, StreamPositions, StreamRepairAnswer } from '../../../schemas/api/stream.ts';
import { until } from '../../support/redis.ts';
import { ServedRig } from '../../support/served.ts';

const PLANS = 'quantum:stream:apply.plan';
const BECAUSE = { actor: 'ann', reason: 'a clock that was wrong' };
let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start();
});
afterAll(() => rig.stop());

async function plans(): Promise<StreamPositions['streams'][number] | undefined> {
  const { code, body } = await rig.get('/streams');
  expect(code).toBe(200);
  expect(StreamPositions.parse(body)).toEqual(body);
  return (body as unknown as StreamPositions).streams.find(({ stream }) => stream === 'apply.plan');
}

describe('/v1/streams', () => {
  it('shows a stream that is ahead, takes it back below the clock, and refuses to do it twice', async () => {
    const nowMs = Number((await rig.client.time())[0]) * 1000;
    await rig.client.xadd(PLANS, `${nowMs + 3_600_000}-0`, 'plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'HOLD');
    expect(await plans()).toMatchObject({ entries: 1, ahead_sec: expect.closeTo(3_600, -2) });
    const { code, body } = await rig.post('/streams/apply.plan/repair', BECAUSE);
    expect([code, StreamRepairAnswer.parse(body)]).toEqual([200, body]);
    expect(body).toMatchObject({ stream: 'apply.plan', before: `${nowMs + 3_600_000}-0`, moved: 1, set_aside: 0 });
    expect(await plans()).toMatchObject({ last_id: body.after, ahead_sec: 0 });
    expect((await rig.post('/streams/apply.plan/repair', BECAUSE)).code).toBe(409);
    expect((await rig.post('/streams/nonsense/repair', BECAUSE)).code).toBe(404);
  });

  it('has a finished entry judged again', async () => {
    const id = String(await rig.client.xadd(PLANS, '*', 'plan_id', 'p2', 'symbol', 'ETHUSDT', 'action', 'HOLD'));
    const ends = async () => (await rig.client.xpending(PLANS, 'governor'))[0] === 0;
    await until('the plan', ends);
    const { code, body } = await rig.post('/streams/apply.plan/rejudge', { ...BECAUSE, ids: [id, id, '1-1'] });
    expect([code, RejudgeAnswer.parse(body)]).toEqual([200, body]);
    expect(body).toMatchObject({ again: [{ id }], missing: ['1-1'], too_large: [] });
    expect((await rig.post('/streams/harvest.calibrated/rejudge', { ...BECAUSE, ids: [id] })).code).toBe(404);
  });
});

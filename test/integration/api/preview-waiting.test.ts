import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { PreviewDeps } from '../../../runtime/desk/operations/preview/deps.ts';
import { releasePreview } from '../../../runtime/desk/operations/preview/switches.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { handlersToRun } from '../../../runtime/settings/load.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { echoGate } from '../../support/gates.ts';
import { knownOf } from '../../support/http.ts';
import { ServedRig } from '../../support/served.ts';

const UNREAD = portfolioOf('unread');
let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start();
});
afterAll(() => rig.stop());

it('of a release counts what waits at the gates that obey the switch, and at no other', async () => {
  const { client, system } = rig;
  const heeding: AnyHandler = { ...echoGate(), heedsSwitches: true };
  const handlers = [...(await loadHandlers()), heeding];
  const known = knownOf(handlers, {}, handlersToRun([], handlers));
  for (const [stream, group] of [
    ['unread:stream:apply.plan', 'governor'],
    ['unread:stream:harvest.proposal', 'p26_heat_gate'],
    ['unread:stream:echo.in', 'echo'],
  ] as const) {
    await client.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
    await client.xadd(stream, '*', 'plan_id', 'a');
    await client.xadd(stream, '*', 'plan_id', 'b');
  }
  const look: PreviewDeps['runtime']['look'] = (_of, ...rest) => system.runtime.look(portfolioOf('quantum'), ...rest);
  const runtime = { look, redisOf: () => client };
  const preview = await releasePreview({ redis: client, portfolio: UNREAD, runtime, known, streams: [] });
  expect(preview).toMatchObject({ count: 4, counted: 'plans waiting to be judged' });
});

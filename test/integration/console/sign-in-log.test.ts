import { afterEach, beforeEach, expect, it } from 'vitest';
import { cookieOf, enterBy, type ServedConsole, serveConsole, signIn, VIEWER } from '../../support/console.ts';
import { TOKEN } from '../../support/http.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
let first: ServedConsole;
let second: ServedConsole;

beforeEach(async () => {
  redis = await startRedis();
  [first, second] = [await serveConsole(redis), await serveConsole(redis)];
});
afterEach(async () => {
  await Promise.all([first.http.close(), second.http.close()]);
  await redis.stop();
});

it('says who came, who went and who was refused, and no secret', async () => {
  const ann = await signIn(first, TOKEN, 'ann');
  await signIn(first, VIEWER);
  await expect(signIn(first, 'a-wrong-token')).rejects.toThrow('got 401');
  await first.ask('/console/session', { method: 'DELETE', headers: ann.headers, body: '{}' });
  const link = (await first.http.consoleLink()) ?? '';
  const cookie = cookieOf(await enterBy(first, link));
  await enterBy(first, link);
  const said = first.lines
    .map((line) => JSON.parse(line))
    .map(({ name, role, address, msg }) => [msg, name, role, address]);
  expect(said).toEqual([
    ['console: signed in', 'ann', 'operator', '127.0.0.1'],
    ['console: signed in', 'viewer', 'viewer', '127.0.0.1'],
    ['console: sign-in refused, got another token', undefined, undefined, '127.0.0.1'],
    ['console: signed out', 'ann', 'operator', undefined],
    ['console: signed in', 'operator', 'operator', '127.0.0.1'],
    ['console: sign-in refused, got a link that was used, is too old or never was', undefined, undefined, '127.0.0.1'],
  ]);
  const secrets = [TOKEN, VIEWER, 'a-wrong-token', ann.session.csrf, ann.cookie, cookie].map((one) =>
    one.split('=').at(-1),
  );
  for (const secret of [...secrets, link.split('=').at(-1)]) expect(first.lines.join()).not.toContain(secret);
});

it('a session of one worker is known to the other, and its end too', async () => {
  const { cookie, headers } = await signIn(first, TOKEN);
  const statusAt = async ({ ask }: ServedConsole) => (await ask('/v1/status', { headers: { cookie } })).status;
  expect([await statusAt(first), await statusAt(second)]).toEqual([200, 200]);
  await first.ask('/console/session', { method: 'DELETE', headers, body: '{}' });
  expect([await statusAt(first), await statusAt(second)]).toEqual([401, 401]);
});

import { keys } from '../../../../schemas/keys.ts';
import { setKill } from '../../switches/kill.ts';
import { jsonFields } from '../stack.ts';
import type { WebAnswer } from '../web.ts';
import type { Proof } from './section.ts';

const BY_PROOF = { actor: 'prove', reason: 'portcullis prove' } as const;
/** Six times what a bot waits, so that a busy machine fails no proof. */
const TIMEOUT = { timeout_ms: 3_000 };
const ORDER = { symbol: 'LTCUSDT', side: 'BUY', qty: 1, price: 100, ...TIMEOUT };
const CLOSE = { symbol: 'LTCUSDT', side: 'SELL', qty: 1, reduce_only: true, ...TIMEOUT };
const PATIENT = { patienceMs: 15_000 };
const WITH_RESULTS = { needs: ['governor', 'governor-results'], ...PATIENT };

/** The same asks over HTTP, with a token that the proof makes for its scratch portfolio: ask, result, giving back. */
export async function asksOverHttp(proof: Proof): Promise<void> {
  await verdicts(proof);
  await ends(proof);
  await rights(proof);
}

async function verdicts({ list, stack, web }: Proof): Promise<void> {
  const asks = async (name: string, expected: string, order: object) =>
    await list.answers(name, expected, async () => said(await web.permits('POST', '/v1/permits', order)), PATIENT);
  await asks('POST /v1/permits: permit', '200 granted 1', { ...ORDER, plan_id: 'http1' });
  await list.answers('which lies in no key for another to take', 'none', async () => {
    return (await stack.text(keys.permit('http1'))) === undefined ? 'none' : 'permit';
  });
  await asks('the same again: the same permit', '200 repeated 1', { ...ORDER, plan_id: 'http1' });
  await asks('another order under its id: no', '409 conflict', { ...ORDER, plan_id: 'http1', qty: 2 });
  const over = '200 notional_per_trade_exceeded, 2 would pass';
  await asks('one over the cap: why not, and what would pass', over, { ...ORDER, plan_id: 'http2', qty: 3 });
  const less = { ...ORDER, plan_id: 'http3', qty: 3, resize: true };
  await asks('one that may be resized: permit for what passes', '200 granted 2 of 3', less);
  await asks('a CLOSE: permit', '200 granted 1', { ...CLOSE, plan_id: 'http4' });
}

async function ends({ list, stack, web }: Proof): Promise<void> {
  const answers = async (name: string, expected: string, method: 'POST' | 'DELETE', path: string, body?: object) =>
    await list.answers(name, expected, async () => said(await web.permits(method, path, body)), WITH_RESULTS);
  const filled = { outcome: 'filled', qty: 1, price: 100 };
  await answers('POST …/result filled', '200 executed true', 'POST', '/v1/permits/http1/result', filled);
  const ended = async () => await stack.text(keys.asked('http1'));
  await list.settles('its permit is used', 'permit_used', ended, WITH_RESULTS);
  await answers('and is not given back any more', '409 conflict', 'DELETE', '/v1/permits/http1');
  await answers('DELETE: taken', '200 given back', 'DELETE', '/v1/permits/http3');
  const room = async () => ((await stack.hash(keys.reserved))?.http3 === undefined ? 'free' : 'reserved');
  await list.settles('given back: its room is free', 'free', room, WITH_RESULTS);
  await answers('of a plan that nobody asked for', '404 not_found', 'DELETE', '/v1/permits/nobody');
}

async function rights({ list, stack, web }: Proof): Promise<void> {
  const { redis, portfolio } = stack;
  const status = async (name: string, expected: string, answer: () => Promise<WebAnswer>) =>
    await list.answers(name, expected, async () => String((await answer()).status), PATIENT);
  await status('without a token: no', '401', () => web.ask(web.asked(), 'http', '/v1/permits', { method: 'POST' }));
  const kill = { state: 'on', reason: BY_PROOF.reason };
  await status('with a token that asks, the kill switch: no', '403', () => web.permits('POST', '/v1/kill', kill));
  await redis.set(portfolio.key(keys.kill), '1');
  await list.answers(
    'SET kill 1: a CLOSE is refused too',
    '200 kill_switch_active',
    async () => said(await web.permits('POST', '/v1/permits', { ...CLOSE, plan_id: 'http5' })),
    PATIENT,
  );
  await setKill(redis, portfolio, false, BY_PROOF);
}

/** What an answer says, in a few words. */
function said({ status, text }: WebAnswer): string {
  const { error, granted, repeated, reason, permit, largest, executed, given_back } = jsonFields(text);
  if (status !== 200) return `${status} ${error}`;
  if (executed !== undefined) return `200 executed ${executed}`;
  if (given_back !== undefined) return '200 given back';
  if (granted !== true) {
    const { qty } = (largest ?? {}) as Record<string, unknown>;
    return `200 ${reason}${qty === undefined ? '' : `, ${qty} would pass`}`;
  }
  const { computed_qty, asked_qty } = permit as Record<string, unknown>;
  const of = asked_qty === undefined ? '' : ` of ${asked_qty}`;
  return `200 ${repeated === true ? 'repeated' : 'granted'} ${computed_qty}${of}`;
}

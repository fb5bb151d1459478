import { keys, streams } from '../../../../schemas/keys.ts';
import { setKill } from '../../switches/kill.ts';
import { jsonFields, type Stack } from '../stack.ts';
import { asksOverHttp } from './asks-http.ts';
import type { Proof, Section } from './section.ts';

const BY_PROOF = { actor: 'prove', reason: 'portcullis prove' } as const;
const MAILBOX = 'prove:asks';
/** As long as an ask may wait, so that a busy machine fails no proof. */
const WAITS = { reply_to: MAILBOX, timeout_ms: '10000' };
const REPLIES_SEC = 60;

/** Plans that ask: verdict and permit in the asker's own mailbox, repeats answered by the state then, and the same over HTTP. */
export const asks: Section = {
  name: 'asks',
  title: 'Asks for permits',
  needs: ['governor'],
  run: async (proof) => {
    const { stack } = proof;
    await stack.mode('governor', 'testnet');
    await stack.limits('governor', { GOV_SYMBOL_COOLDOWN_SECONDS: '0' });
    await stack.state({ equity_usd: '10000', positions_count: '0' });
    await answers(proof);
    await repeats(proof);
    await stops(proof);
    await asksOverHttp(proof);
    await stack.limits('governor', {});
  },
};

async function answers({ list, stack }: Proof): Promise<void> {
  await ask(stack, 'ask1');
  await list.answers('an OPEN that asks: permit in its mailbox', 'ask1 granted 1', () => reply(stack));
  await list.answers('which lies in no key for another to take', 'none', async () => {
    return (await stack.text(keys.permit('ask1'))) === undefined ? 'none' : 'permit';
  });
  await ask(stack, 'ask2', { qty: '3' });
  await list.answers('one over the cap: why not', 'ask2 notional_per_trade_exceeded', () => reply(stack));
  await ask(stack, 'ask3', { action: 'HOLD' });
  await list.answers('one that opens nothing: why not', 'ask3 neutral_action', () => reply(stack));
  await ask(stack, 'ask4', { timeout_ms: 'soon' });
  await list.answers('one whose deadline cannot be read: block', 'ask4 ask_unreadable', () => reply(stack));
  await ask(stack, 'ask5', { action: 'FULL_CLOSE', side: 'SELL', reduceOnly: 'true' });
  const life = async () => ((await left(stack)) === 0 ? undefined : await stack.life(keys.reply(MAILBOX), REPLIES_SEC));
  await list.answers('a mailbox lives 60 s', `${REPLIES_SEC} s`, life);
  await list.answers('a CLOSE that asks: permit', 'ask5 granted 1', () => reply(stack));
}

async function repeats({ list, stack }: Proof): Promise<void> {
  await ask(stack, 'ask1');
  await list.answers('the same again: the same permit', 'ask1 repeated 1', () => reply(stack));
  await ask(stack, 'ask1', { qty: '2' });
  await list.answers('another order under its id: no', 'ask1 plan_id_taken', () => reply(stack));
  await stack.add(streams.results, { plan_id: 'ask1', symbol: 'LTCUSDT', executed: 'false', error: 'given back' });
  const ended = async () => await stack.text(keys.asked('ask1'));
  const results = { needs: ['governor', 'governor-results'] };
  await list.settles('given back: it is none any more', 'permit_given_back', ended, results);
  await ask(stack, 'ask1');
  await list.answers('and is not given again', 'ask1 permit_given_back', () => reply(stack));
}

async function stops({ list, stack }: Proof): Promise<void> {
  const { redis, portfolio } = stack;
  await ask(stack, 'ask6');
  await list.answers('before the kill switch: permit', 'ask6 granted 1', () => reply(stack));
  await redis.set(portfolio.key(keys.kill), '1');
  await ask(stack, 'ask7', { action: 'FULL_CLOSE', side: 'SELL', reduceOnly: 'true' });
  await list.answers('SET kill 1: a CLOSE that asks is refused too', 'ask7 kill_switch_active', () => reply(stack));
  const revoked = async () => await stack.text(keys.asked('ask6'));
  const watched = { needs: ['governor', 'governor-watch'] };
  await list.settles('and the permit of before is revoked', 'permit_revoked', revoked, watched);
  await setKill(redis, portfolio, false, BY_PROOF);
  await ask(stack, 'ask6');
  await list.answers('whoever asks again is told so', 'ask6 permit_revoked', () => reply(stack));
}

async function ask(stack: Stack, planId: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await stack.plan(planId, 'LTCUSDT', { qty: '1', price: '100', ...WAITS, ...more });
}

/** The oldest verdict in the mailbox, taken out of it. */
async function reply({ redis, portfolio }: Stack): Promise<string | undefined> {
  const text = await redis.lpop(portfolio.key(keys.reply(MAILBOX)));
  if (text === null) return undefined;
  const { plan_id, granted, repeated, reason, permit } = jsonFields(text);
  if (granted !== true) return `${plan_id} ${reason}`;
  const { computed_qty } = permit as Record<string, unknown>;
  return `${plan_id} ${repeated === true ? 'repeated' : 'granted'} ${computed_qty}`;
}

async function left({ redis, portfolio }: Stack): Promise<number> {
  return await redis.llen(portfolio.key(keys.reply(MAILBOX)));
}

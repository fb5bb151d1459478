import { Redis } from 'ioredis';
import { HttpGate, PortcullisClient, RequestRefused } from '../../runtime/doors/client/index.ts';
import type { BotOrder, Door } from './askers.ts';
import { ASK_TIMEOUT_MS, HTTP_TRADER } from './names.ts';

/** Asks over Redis, with one mailbox for all bots at this door. */
export function redisDoor(url: string, strategy: string): Door {
  const connect = () => new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 3_000 }).on('error', () => undefined);
  const [redis, replies] = [connect(), connect()];
  const client = new PortcullisClient(redis, { replies, strategy });
  return {
    ask: async ({ planId, symbol, qty, price, closes }) => {
      const order = closes
        ? ({ action: 'FULL_CLOSE', side: 'SELL', reduceOnly: true } as const)
        : ({ action: 'OPEN', side: 'BUY' } as const);
      const plan = { plan_id: planId, symbol, qty, price, ...order };
      return reasoned(await client.askPermit(plan, { timeoutMs: ASK_TIMEOUT_MS }));
    },
    rejected: ({ planId, symbol }) => client.result({ plan_id: planId, symbol, executed: false, error: 'a test' }),
    close: async () => {
      for (const connection of [redis, replies]) connection.disconnect();
    },
  };
}

/** Asks over HTTP, one worker after the other: where one does not answer, the next is asked for the same plan. */
export function httpDoor(urls: readonly string[]): Door {
  const gates = urls.map((url) => new HttpGate({ url, token: HTTP_TRADER.token }));
  let next = 0;
  const gate = () => {
    next += 1;
    return gates[next % gates.length] as HttpGate;
  };
  return {
    ask: async ({ planId, closes, ...order }) => {
      const side = closes ? 'SELL' : 'BUY';
      const body = { ...order, side, plan_id: planId, reduce_only: closes, timeout_ms: ASK_TIMEOUT_MS } as const;
      return reasoned(await gate().ask(body).catch(refused));
    },
    rejected: (order) => givenUp(gate(), order),
    close: async () => undefined,
  };
}

/** Half of them say that the order was rejected, the others give the permit back. */
async function givenUp(gate: HttpGate, { planId, qty }: BotOrder): Promise<unknown> {
  return qty % 2 === 0 ? await gate.result(planId, { outcome: 'rejected' }) : await gate.giveBack(planId);
}

/** What cannot be asked is an answer, and one that no bot of these may get. */
function refused(error: unknown): { readonly granted: false; readonly reason: string } {
  if (error instanceof RequestRefused) return { granted: false, reason: `http ${error.status}` };
  throw error;
}

type Answered = { readonly granted: true } | { readonly granted: false; readonly reason: string };

function reasoned(answer: Answered): { readonly granted: boolean; readonly reason: string } {
  return { granted: answer.granted, reason: answer.granted ? 'ok' : answer.reason };
}

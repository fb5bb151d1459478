import { type AskingGate, OrderRefused } from './asking.ts';
import { Call, type Fields, UnusableOrder } from './call.ts';
import { type Asked, Flow, type GatedOptions } from './flow.ts';
import type { Exchange } from './look.ts';
import { camel, edits, isBatch, isHarmless, type Placing, placing, tellsOfOrders } from './methods.ts';

export type { AskingGate } from './asking.ts';
export type { GatedOptions } from './flow.ts';
export { NotGated, OrderRefused, UnusableOrder };

/** A method that may place orders past the gate. Nothing was called. */
class NotGated extends Error {}

type Method = (...args: unknown[]) => unknown;

/**
 * A ccxt exchange as a bot uses it, with a gate before every order: the same methods, and no order without a permit. What may
 * place orders and is not known to be gated throws `NotGated`, unless `allow` names it.
 */
export function gatedExchange<T extends object>(exchange: T, gate: AskingGate, options: GatedOptions = {}): T {
  const flow = new Flow(exchange as Exchange, gate, options);
  const allowed = new Set((options.allow ?? []).map(camel));
  return new Proxy(exchange, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof key !== 'string' || typeof value !== 'function' || key === 'constructor') return value;
      const name = camel(key);
      const method: Method = (...args) => Reflect.apply(value, target, args);
      const gated = gatedMethod(flow, name, method);
      if (gated !== undefined) return gated;
      if (!allowed.has(name) && !isHarmless(name)) return refusing(key);
      return tellsOfOrders(name) ? telling(flow, method) : method;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

function gatedMethod(flow: Flow, name: string, method: Method): Method | undefined {
  if (isBatch(name)) return (orders, params) => placeAll(flow, method, { orders, params, edit: edits(name) });
  if (name === 'closePosition') return (...args) => close(flow, method, args, args[0]);
  if (name === 'closeAllPositions') return (...args) => close(flow, method, args);
  const form = placing(name);
  return form && ((...args) => place(flow, method, { form, args, edit: edits(name) }));
}

interface One {
  readonly form: Placing;
  readonly args: readonly unknown[];
  readonly edit: boolean;
}

async function place(flow: Flow, method: Method, { form, args, edit }: One): Promise<unknown> {
  const call = Call.of(form, args);
  const asked = await flow.ask(call, edit);
  let order: unknown;
  try {
    order = await method(...call.arguments(form));
  } catch (error) {
    await flow.failed(asked, error);
    throw error;
  }
  await flow.after(asked, order);
  return order;
}

interface Many {
  readonly orders: unknown;
  readonly params: unknown;
  readonly edit: boolean;
}

/** Sends those that have a permit; the others come back as rejected, in their places. */
async function placeAll(flow: Flow, method: Method, { orders, params, edit }: Many): Promise<unknown> {
  const calls = (orders as Fields[]).map((item) => Call.ofItem(item));
  const verdicts = await askedForAll(flow, calls, edit);
  const sent = verdicts.flatMap((one, at) =>
    one instanceof OrderRefused ? [] : [{ asked: one, call: calls[at] as Call }],
  );
  const [first] = verdicts;
  if (sent.length === 0 && first instanceof OrderRefused) throw first;
  let answers: unknown;
  try {
    answers = await method(
      sent.map(({ call }) => call.item()),
      ...(params === undefined ? [] : [params]),
    );
  } catch (error) {
    if (sent.length === 1) await flow.failed((sent[0] as { asked: Asked }).asked, error);
    throw error;
  }
  if (!Array.isArray(answers) || answers.length !== sent.length) return answers;
  for (const [at, { asked }] of sent.entries()) await flow.after(asked, answers[at]);
  const left = [...answers];
  return verdicts.map((one, at) => (one instanceof OrderRefused ? rejected(calls[at] as Call, one) : left.shift()));
}

async function askedForAll(flow: Flow, calls: readonly Call[], edit: boolean): Promise<(Asked | OrderRefused)[]> {
  const verdicts: (Asked | OrderRefused)[] = [];
  try {
    for (const call of calls) {
      const verdict = await flow.ask(call, edit).catch((error: unknown) => {
        if (error instanceof OrderRefused) return error;
        throw error;
      });
      verdicts.push(verdict);
    }
  } catch (error) {
    for (const one of verdicts) if (!(one instanceof OrderRefused)) await flow.giveBack(one);
    throw error;
  }
  return verdicts;
}

async function close(flow: Flow, method: Method, args: readonly unknown[], symbol?: unknown): Promise<unknown> {
  const held = await flow.looks.positions(symbol);
  if (held === undefined) {
    throw new UnusableOrder(
      'closePosition: expected positions that can be read; send a reduceOnly order of that amount instead',
    );
  }
  const asked: Asked[] = [];
  for (const position of held.filter((one) => symbol === undefined || one.symbol === symbol)) {
    const side = position.side === 'long' ? 'sell' : 'buy';
    const amount = Math.abs(Number(position.contracts));
    asked.push(await flow.ask(new Call({}, {}, { symbol: position.symbol, side, amount, reduceOnly: true })));
  }
  const [only, ...others] = asked;
  const closed = await Promise.resolve(method(...args)).catch(async (error: unknown) => {
    if (only !== undefined && others.length === 0) await flow.failed(only, error);
    throw error;
  });
  if (only !== undefined && others.length === 0) await flow.after(only, Array.isArray(closed) ? closed[0] : closed);
  return closed;
}

/** The place of a refused order in the answer to a list of orders. */
function rejected(call: Call, refused: OrderRefused): Fields {
  const told = ['symbol', 'type', 'side', 'amount', 'price'].map((name) => [name, call.get(name)]);
  return {
    id: undefined,
    ...Object.fromEntries(told),
    status: 'rejected',
    filled: 0,
    info: { error: refused.message },
  };
}

function telling(flow: Flow, method: Method): Method {
  return async (...args) => {
    const answer = await method(...args);
    await flow.learn(answer);
    return answer;
  };
}

function refusing(name: string): Method {
  return () => {
    throw new NotGated(`${name}: may place an order without a permit; use createOrder, or allow it if it places none`);
  };
}

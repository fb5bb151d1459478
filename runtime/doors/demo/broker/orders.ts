import { formatNumber, parseNumber } from '../../../../schemas/number.ts';
import { signatureOf } from '../../../market/local-exchange/signature.ts';
import type { DemoOrder, OrderEnd } from '../../../market/player/broker.ts';

/** An account to send orders to, and the exchange's time, Unix ms. */
export interface OrderAccount {
  /** Base address of the exchange. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly nowMs: () => number;
}

/**
 * Sends a market order as an executor does, and says how it ended. The plan id is the client order id, so that an exchange
 * would refuse the same plan a second time. Rejects when the exchange gives no answer that can be read.
 */
export async function sendOrder(account: OrderAccount, order: DemoOrder): Promise<OrderEnd> {
  const parameters = new URLSearchParams({
    symbol: order.symbol,
    side: order.qty > 0 ? 'BUY' : 'SELL',
    type: 'MARKET',
    quantity: formatNumber(Math.abs(order.qty)),
    reduceOnly: String(order.reduceOnly),
    newClientOrderId: order.planId,
    newOrderRespType: 'RESULT',
    timestamp: String(account.nowMs()),
  }).toString();
  const answer = await fetch(`${account.url}/fapi/v1/order`, {
    method: 'POST',
    headers: { 'X-MBX-APIKEY': account.apiKey, 'content-type': 'application/x-www-form-urlencoded' },
    body: `${parameters}&signature=${signatureOf(parameters, account.apiSecret)}`,
  });
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  if (!answer.ok) return { filled: false, error: `${String(body.code)} ${String(body.msg)}` };
  const qty = parseNumber(String(body.executedQty));
  const price = parseNumber(String(body.avgPrice));
  if (qty === undefined || price === undefined || qty === 0) {
    throw new Error(`expected a filled order of plan ${order.planId}, got ${JSON.stringify(body)}`);
  }
  return { filled: true, qty, price };
}

import { plan } from '../../schemas/api/streams/described.ts';
import type { InputWords } from '../contract/handler.ts';

/** What an order plan is. */
export const planWords: InputWords = {
  summary: 'Order plans',
  writers: 'Strategies',
  readers: '',
  fields: {
    ...plan,
    action: 'What is to be done',
    'decision?': '`EXECUTE`, also when missing; anything else is left alone',
    'kill_score?': 'A number; 0 when missing',
    'side?': '`BUY` or `SELL`',
    'qty?': 'Quantity of the order',
    'close_qty?': 'Quantity of a plan that closes, when above 0',
    'price?': 'US dollars; of two prices the larger counts',
    'mark_price?': 'US dollars',
    'notional_usd?': 'US dollars of the order',
    'strategy?': 'Which strategy asks: limits of strategies count by it, `default` without it',
    'resize?': 'A boolean: less than it asks for is of use; unreadable: false',
    'min_qty?': 'Beside `resize`: the least quantity that is of use',
    'reply_to?': 'Mailbox `strategy:name` that is to be told the verdict, and the permit with it',
    'timeout_ms?': 'Beside `reply_to`: whole milliseconds after the id of the entry, from when on it gets no permit',
    'reduceOnly?': 'A boolean; unreadable: false',
  },
  more: true,
};

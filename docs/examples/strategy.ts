/**
 * A strategy and its executor over the client of the package: proposes an exit, waits for what the heat gate made of it,
 * plans the order, waits for its permit, takes it, and reports what became of it.
 *
 *   npm install ./portcullis-0.1.0.tgz ioredis && REDIS_URL=$(cat .portcullis/redis.url) npx tsx strategy.ts
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { type FollowedExit, PortcullisClient } from 'portcullis/client';

const url = process.env.REDIS_URL ?? '';
if (url === '') throw new Error('expected REDIS_URL: export REDIS_URL=$(cat .portcullis/redis.url)');
const redis = new Redis(url);
const portcullis = new PortcullisClient(redis);

await followExits(await portcullis.propose({ plan_id: randomUUID(), symbol: 'ETHUSDT', action: 'FULL_CLOSE' }));
await order({ plan_id: randomUUID(), symbol: 'SOLUSDT', action: 'OPEN_LONG', side: 'BUY', qty: 1, price: 150 });
await order({ plan_id: randomUUID(), symbol: 'XRPUSDT', action: 'OPEN_LONG', side: 'BUY', qty: 200, price: 1.5 });
redis.disconnect();

/** Follows the exits that the heat gate passed on, until the first. A real executor goes on until it is stopped. */
async function followExits(proposal: string): Promise<void> {
  console.log(`proposed ${proposal}`);
  const connection = new Redis(url);
  const stop = new AbortController();
  const options = { group: 'example_typescript', consumer: 'one', from: 'all', signal: stop.signal } as const;
  await new PortcullisClient(connection).followCalibrated(options, (exit: FollowedExit) => {
    console.log(`exit: ${exit.symbol} ${exit.original_action} becomes ${exit.calibrated_action} (${exit.reason})`);
    stop.abort();
  });
  connection.disconnect();
}

/** Plans an order, and executes it if, and only if, its permit could be taken. */
async function order(plan: Parameters<typeof portcullis.plan>[0]): Promise<void> {
  const verdict = await portcullis.waitForVerdict(await portcullis.plan(plan));
  if (!verdict.granted) {
    const refused = verdict.checks.find((check) => check.verdict === 'refuse');
    console.log(`refused: ${verdict.event} ${verdict.reason} (${refused?.value}, limit ${refused?.limit})`);
    return;
  }
  const { symbol, computed_qty: quantity, reduceOnly } = verdict.permit;
  console.log(`permit taken: ${symbol} ${quantity}${reduceOnly ? ', reduce-only' : ''}`);
  const executed = sendToExchange();
  await portcullis.result({ plan_id: plan.plan_id, symbol, executed, ...(!executed && { error: 'no exchange here' }) });
  console.log(`reported: executed ${executed}`);
}

/** Where the order would be sent. */
function sendToExchange(): boolean {
  return false;
}

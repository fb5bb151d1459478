import type { TestContext } from 'vitest';
import { GovernorRig } from './governor-rig.ts';
import { until } from './redis.ts';

/** A daily limit of 5 %, said by two readings. */
export const LOSS_ENV = {
  GOV_MAX_DAILY_LOSS_PCT: '5',
  GOV_LOSS_CONFIRMATIONS: '2/2',
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
};

/** A governor on a real Redis, and its account: each reading is judged before the next is taken. */
export async function lossRig({ onTestFinished }: TestContext) {
  const rig = await GovernorRig.start();
  onTestFinished(() => rig.stop());
  await rig.client.del('quantum:state:portfolio');
  let atSec = (await rig.now()) - 60;
  const read = async (...equities: readonly number[]) => {
    for (const equity_usd of equities) {
      atSec += 1;
      await rig.client.hset('quantum:state:portfolio', { equity_usd, positions_count: 0, timestamp: atSec });
      await until(`${equity_usd} dollars to be judged`, async () =>
        String(await rig.client.hget('quantum:governor:loss_latch', 'marks')).includes(`"at_ms":${atSec * 1000}`),
      );
    }
  };
  const verdict = async (plan: string) => {
    await rig.send(plan);
    return await rig.verdict(plan);
  };
  const ledger = async () =>
    (await rig.entries('quantum:stream:ops.ledger')).map(({ action }) => action).filter((action) => action !== 'mode');
  return { rig, read, verdict, ledger };
}

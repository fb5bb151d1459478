import { TEST_KEY } from '../exchange.ts';
import { hashThat } from '../feeds-rig.ts';
import type { Cause } from './cause.ts';

/** Alerts on feeds, by a local exchange. */
export const feedCauses: readonly Cause[] = [
  {
    alert: 'FeedStale',
    cause: 'an exchange that is gone',
    make: async (world) => {
      const rig = await world.startFeeds({ FEED_POLL_SEC: '1', FEEDS: 'account' });
      await rig.replaceExchange(false);
    },
  },
  {
    alert: 'AccountEventsMissing',
    cause: 'an exchange that refuses the stream of events',
    make: async (world) => {
      const rig = await world.startFeeds({ FEED_POLL_SEC: '1', FEEDS: 'account' });
      await hashThat(rig, 'feed:status:account', ({ user_stream }) => user_stream === 'open');
      rig.exchange.control({ do: 'refuse_streams', on: true });
      rig.exchange.control({ do: 'drop_streams', kind: 'user' });
    },
  },
  {
    alert: 'AccountDoubted',
    cause: 'readings of an absurd equity',
    make: async (world) => {
      const rig = await world.startFeeds({ FEED_POLL_SEC: '8', FEEDS: 'account' });
      await hashThat(rig, 'state:portfolio', ({ equity_usd }) => equity_usd !== undefined);
      rig.exchange.control({ do: 'absurd_equity', apiKey: TEST_KEY, usd: 1, readings: 100 });
    },
  },
  {
    alert: 'PositionsDiffer',
    cause: 'a position that another producer invents',
    make: async (world) => {
      const rig = await world.startFeeds({ FEED_POLL_SEC: '1', FEEDS: 'account' });
      rig.trade('BTCUSDT', 'BUY', 0.5);
      await hashThat(rig, 'position:snapshot:BTCUSDT', ({ side }) => side === 'LONG');
      const invented = { position_amt: '99', side: 'LONG', source: 'other', timestamp: String(await world.nowSec()) };
      await rig.redis.client.hset('quantum:state:positions:BTCUSDT', invented);
    },
  },
];

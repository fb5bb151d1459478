import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Decision } from '../../../handlers/contract/effects.ts';
import { trimFacts } from '../../../runtime/engine/streams/trim-facts.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { decisionOf, FACTS, FactsRig, inlineFields, LOG, NEWEST } from '../../support/facts-rig.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const symbol = fc.constantFrom('A', 'B', 'C', 'D');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), symbol, risk: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), symbol }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      other: fc.boolean(),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('plain' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('trim' as const), keep: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const) }) },
);

/** Positions that stand still, so that what changes is a small part of the book. */
const still = Array.from({ length: 10 }, (_, at) => [`S${at}`, at] as const);

test('whatever comes, every decision that is kept is joined to what the old form says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await redis.client.flushall();
      let rig = new FactsRig(redis);
      const book = new Map<string, number>();
      const said: Fields[] = [];
      for (const one of steps) {
        if (one.do === 'change') book.set(one.symbol, one.risk);
        if (one.do === 'drop') book.delete(one.symbol);
        if (one.do === 'restart') rig = new FactsRig(redis);
        if (one.do === 'late') await redis.client.hdel(NEWEST, 'heat-gate.book');
        if (one.do === 'decide' || one.do === 'plain') {
          const handler = one.do === 'decide' && one.other ? 'other-gate' : 'heat-gate';
          const largest = [...still, ...book].map(([name, risk]) => ({ symbol: name, risk_usd: risk }));
          const decision = decisionOf({ largest }, `{"n":${said.length}}`);
          const { sharedFacts: _, ...plain } = decision;
          const all = one.do === 'plain' ? [plain] : Array<Decision>(one.count).fill(decision);
          await rig.decide(handler, ...all);
          said.push(...all.map((each) => inlineFields(each, handler)));
        }
        if (one.do === 'trim') {
          await redis.client.xtrim(LOG, 'MAXLEN', one.keep);
          await trimFacts(redis.client, LOG, FACTS);
        }
      }
      const kept = (await rig.joined()).map(({ fields: { outputs: _, ...fields } }) => fields);
      expect(kept.map((fields) => JSON.stringify(fields))).toEqual(
        said.slice(said.length - kept.length).map((fields) => JSON.stringify(fields)),
      );
    }),
    { numRuns: 150 },
  );
});

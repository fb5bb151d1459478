import type { Decision } from '../../handlers/contract/effects.ts';
import { FactsJoin } from '../../runtime/desk/decisions/facts-join.ts';
import type { FactsRequest } from '../../runtime/engine/commit/commit.ts';
import { logEntry, type PackedMessage } from '../../runtime/engine/commit/request.ts';
import { SharedFactsWriter } from '../../runtime/engine/commit/shared-facts.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import { commitAll, delivered } from './commit.ts';
import type { TestRedis } from './redis.ts';
import { entriesOf } from './system.ts';

/** The decision log, the facts and what stands beside them, of tests that speak to the commit script itself. */
export const LOG = 'p:stream:decisions';
export const FACTS = 'p:stream:decision.facts';
export const NEWEST = 'p:portcullis:newest_facts';
export const SCHEMA = 'p:portcullis:schema';
const CONTEXT = { sourceStream: 's', sourceId: '1-0', portfolio: 'p', mode: 'm', policyVersion: '', nowMs: 1_000 };

/** A decision that shares its book. */
export function decisionOf(book: object, own = '{"heat":0.5}'): Decision {
  return { verdict: 'PASS', reason: 'ok', facts: own, sharedFacts: { name: 'book', json: JSON.stringify(book) } };
}

/** The fields that a decision has in the old form, without outputs. */
export function inlineFields(decision: Decision, handler: string): Fields {
  const flat = logEntry(decision, { ...CONTEXT, handler });
  return fieldsOf(flat.map((text) => (typeof text === 'string' ? text : text.join(''))));
}

/** A process that decides, and what its decisions come to in a Redis. */
export class FactsRig {
  readonly redis: TestRedis;
  readonly #writer = new SharedFactsWriter();

  constructor(redis: TestRedis) {
    this.redis = redis;
  }

  /** Decides once for each of these, in one commit; answers its words. */
  async decide(handler: string, ...decisions: readonly Decision[]): Promise<string[]> {
    const { client } = this.redis;
    const ids = await delivered(
      client,
      decisions.map((_, at) => ['n', String(at)]),
    );
    const shared: Record<string, FactsRequest['shared'][string]> = {};
    const messages = decisions.map((decision, at): PackedMessage => {
      const facts = this.#writer.of(handler, decision);
      if (facts !== undefined) shared[facts.named] = facts;
      const log = logEntry(decision, { ...CONTEXT, handler }, undefined, facts);
      return { id: ids[at] as string, effects: [], log, ...(facts !== undefined && { shared: facts }) };
    });
    return await commitAll(client, messages, { facts: { stream: FACTS, newest: NEWEST, schema: SCHEMA, shared } });
  }

  /** The log as it is stored. */
  async log(): Promise<readonly { readonly id: string; readonly fields: Fields }[]> {
    return await entriesOf(this.redis.client, LOG);
  }

  /** The log with its facts joined. */
  async joined(): ReturnType<FactsRig['log']> {
    return await new FactsJoin(this.redis.client, portfolioOf('p')).join(await this.log());
  }

  /** The form of each entry of facts. */
  async forms(): Promise<readonly string[]> {
    const entries = await entriesOf(this.redis.client, FACTS);
    return entries.map(({ fields }) => (fields.facts === undefined ? 'patch' : 'whole'));
  }
}

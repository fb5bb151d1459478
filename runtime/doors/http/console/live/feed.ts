import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { compareStreamIds } from '../../../../../schemas/time.ts';
import type { LoggedDecision } from '../../../../desk/decisions/decisions.ts';
import type { GateOf } from '../../../../desk/explain/decision-rows.ts';
import { errorText } from '../../../../redis/problem.ts';
import type { Portfolio } from '../../../../settings/portfolio.ts';
import type { LiveClient } from './client.ts';
import { decisionsEvent, eventText } from './events.ts';
import { LogReader } from './log-reader.ts';
import { type OverviewOf, OverviewTeller } from './overview-teller.ts';
import { resume } from './resume.ts';

/** Events come at most four times a second. */
const TURN_MS = 250;
const TURNS_OF_OVERVIEW = 4;
const TURNS_OF_HEARTBEAT = 60;

/** What a feed is made of. */
export interface FeedParts {
  /** A connection of the feed's own. */
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly log: Logger;
  readonly gateOf: GateOf;
  /** What is known of the portfolio now; without it no `overview` events are sent. */
  readonly overviewOf?: OverviewOf | undefined;
  /** Called when the last client has left. */
  readonly onEmpty: () => void;
}

/** The one reader of a portfolio, for all who watch it: from the first who comes until the last has left. */
export class PortfolioFeed {
  readonly #parts: FeedParts;
  readonly #reader: LogReader;
  readonly #clients = new Set<LiveClient>();
  readonly #overview: OverviewTeller | undefined;
  readonly #ended = new AbortController();
  readonly #began: Promise<void>;
  /** Id of the newest decision that was sent to everybody. */
  #position = '';
  #ledgerPosition = '';
  #failing = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#reader = new LogReader(parts.redis, parts.portfolio);
    this.#overview = this.#overviewTeller();
    this.#began = this.#begin();
    this.#began.catch(() => this.close());
  }

  /** Lets somebody watch from now on, or from `lastId` on; resolves when it has been told what it missed. */
  async add(client: LiveClient, lastId: string | undefined): Promise<void> {
    this.#clients.add(client);
    client.onClose(() => this.#remove(client));
    await this.#began;
    if (lastId === undefined) this.#join(client, this.#position);
    else await this.#catchUp(client, lastId);
    if (this.#overview !== undefined && this.#overview.text !== '') client.send(this.#overview.text);
  }

  /** Ends every stream. */
  close(): void {
    for (const client of this.#clients) client.end();
    this.#end();
  }

  #overviewTeller(): OverviewTeller | undefined {
    const { overviewOf, portfolio, log } = this.#parts;
    if (overviewOf === undefined) return undefined;
    return new OverviewTeller(
      () => overviewOf(portfolio),
      (text) => this.#sendAll(text),
      log,
    );
  }

  async #begin(): Promise<void> {
    [this.#position, this.#ledgerPosition] = await this.#reader.newestIds();
    void this.#run();
  }

  #join(client: LiveClient, position: string): void {
    client.position = position;
    client.send(decisionsEvent(position, [], this.#parts.gateOf));
    client.joined = true;
  }

  async #catchUp(client: LiveClient, lastId: string): Promise<void> {
    const { gateOf } = this.#parts;
    await resume(this.#reader, client, lastId, gateOf);
    while (!client.isClosed && compareStreamIds(client.position, this.#position) < 0) {
      await resume(this.#reader, client, client.position, gateOf);
    }
    client.joined = true;
  }

  #remove(client: LiveClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#end();
  }

  #end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#parts.redis.disconnect();
    this.#parts.onEmpty();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    for (let turn = 0; !signal.aborted; turn += 1) {
      const due = pause(TURN_MS, undefined, { signal }).catch(() => undefined);
      await this.#turn(turn).catch((error: unknown) => this.#failed(error));
      await due;
    }
  }

  async #turn(turn: number): Promise<void> {
    if (this.#failing) await this.#lookAgain();
    await this.#sendDecisions();
    await this.#sendLedger();
    if (turn % TURNS_OF_OVERVIEW === 0) void this.#overview?.ask();
    if (turn % TURNS_OF_HEARTBEAT === TURNS_OF_HEARTBEAT - 1) {
      await this.#endWhereTakenBack();
      await Promise.all([...this.#clients].map((client) => client.heartbeat()));
    }
  }

  async #sendDecisions(): Promise<void> {
    const decisions = await this.#reader.decisionsAfter(this.#position);
    const newest = decisions.at(-1)?.id;
    if (newest === undefined) return;
    const from = this.#position;
    const shared = decisionsEvent(from, decisions, this.#parts.gateOf);
    this.#position = newest;
    for (const client of this.#clients) {
      if (!client.joined) continue;
      if (client.position === from) client.send(shared);
      else this.#sendRest(client, decisions);
      if (compareStreamIds(client.position, newest) < 0) client.position = newest;
    }
  }

  /** For somebody who resumed further than the others had come. */
  #sendRest(client: LiveClient, decisions: readonly LoggedDecision[]): void {
    const rest = decisions.filter(({ id }) => compareStreamIds(id, client.position) > 0);
    if (rest.length > 0) client.send(decisionsEvent(client.position, rest, this.#parts.gateOf));
  }

  async #sendLedger(): Promise<void> {
    const { rows, upTo } = await this.#reader.ledgerAfter(this.#ledgerPosition);
    for (const row of rows) this.#sendAll(eventText('ledger', row));
    this.#ledgerPosition = upTo;
  }

  #sendAll(text: string): void {
    for (const client of this.#clients) if (client.joined) client.send(text);
  }

  /** After a failure the server may be another one, that lacks the end of what was told: everybody begins anew then. */
  async #lookAgain(): Promise<void> {
    const bounds = await this.#reader.bounds();
    this.#failing = false;
    if (bounds.keepsAllAfter(this.#position)) return;
    for (const client of this.#clients) client.end();
    this.#end();
  }

  /** Of a log that was taken back below the clock nothing more would be told from where it stood: everybody begins anew. */
  async #endWhereTakenBack(): Promise<void> {
    const [decision, ledger] = await this.#reader.newestIds();
    if (compareStreamIds(this.#position, decision) <= 0 && compareStreamIds(this.#ledgerPosition, ledger) <= 0) return;
    this.close();
  }

  #failed(error: unknown): void {
    if (this.#ended.signal.aborted || this.#failing) return;
    this.#failing = true;
    this.#parts.log.warn(`live stream of ${this.#parts.portfolio.prefix}: ${errorText(error)}; trying again`);
  }
}

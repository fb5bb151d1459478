import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { parseJson } from '../../../schemas/json.ts';
import type { Json } from './account-answers.ts';
import type { ListenKeys } from './listen-keys.ts';
import { type MarketStreams, streamNames } from './market-streams.ts';
import type { Venue } from './venue.ts';

const PING_EVERY_MS = 180_000;
const Request = z.object({
  method: z.enum(['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS']),
  params: z.array(z.string()).default([]),
  id: z.union([z.number(), z.string()]).nullable().default(null),
});

/** Which sockets: those of accounts, or those of the market. */
export type StreamKind = 'user' | 'market';

/** An open socket, for a test to look at. */
export interface OpenStream {
  readonly kind: StreamKind;
  /** Names of market streams; none for a user stream, whose listen key is a secret. */
  readonly streams: readonly string[];
}

interface Connection {
  readonly socket: WebSocket;
  readonly kind: StreamKind;
  /** A user stream's key; empty for a market stream. */
  readonly listenKey: string;
  /** `/stream?streams=` wraps its events in `{ stream, data }`. */
  readonly combined: boolean;
  readonly streams: Set<string>;
}

/** The WebSocket side of a local exchange. */
export class Streams {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<Connection>();
  readonly #venue: Venue;
  readonly #listenKeys: ListenKeys;
  readonly #market: MarketStreams;
  readonly #pings = setInterval(() => this.#ping(), PING_EVERY_MS).unref();

  constructor(venue: Venue, listenKeys: ListenKeys, market: MarketStreams) {
    this.#venue = venue;
    this.#listenKeys = listenKeys;
    this.#market = market;
  }

  /** Takes over the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Sends what the market has to say since the last tick. */
  tick(): void {
    const wanted = new Set([...this.#connections].flatMap(({ streams }) => [...streams]));
    for (const { stream, data } of this.#market.due(wanted)) {
      for (const connection of this.#connections) {
        if (!connection.streams.has(stream)) continue;
        connection.socket.send(JSON.stringify(connection.combined ? { stream, data } : data));
      }
    }
  }

  /** Sends events to the user streams of a listen key, in the order and number that the oddities ask for. */
  tell(listenKey: string, events: readonly Json[]): void {
    const { muteEvents, repeatEvents, reverseEvents } = this.#venue.oddities;
    if (muteEvents) return;
    const ordered = reverseEvents ? events.toReversed() : events;
    for (const event of ordered) {
      this.#sendTo(listenKey, JSON.stringify(event));
      if (repeatEvents) this.#sendTo(listenKey, JSON.stringify(event));
    }
  }

  /** Sends every open socket half a frame of JSON. */
  sendHalfFrame(): void {
    for (const { socket } of this.#connections) socket.send('{"e":"ACCOUNT_UPDATE","T":16106');
  }

  /** Cuts sockets, without a closing word. */
  drop(kind?: StreamKind): void {
    for (const connection of this.#connections) {
      if (kind === undefined || connection.kind === kind) connection.socket.terminate();
    }
  }

  open(): readonly OpenStream[] {
    return [...this.#connections].map(({ kind, streams }) => ({ kind, streams: [...streams].sort() }));
  }

  /** Cuts every socket and takes no more. */
  stop(): void {
    clearInterval(this.#pings);
    this.drop();
    this.#server.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = targetOf(request.url ?? '/', this.#listenKeys);
    if (target === undefined || this.#venue.oddities.refuseStreams) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#accept({ ...target, socket: opened }));
  }

  #accept(connection: Connection): void {
    const { socket } = connection;
    this.#connections.add(connection);
    socket.on('close', () => void this.#connections.delete(connection));
    socket.on('error', () => undefined);
    socket.on('message', (text) => this.#answer(connection, text));
  }

  #answer(connection: Connection, text: RawData): void {
    const { socket, streams } = connection;
    const parsed = Request.safeParse(parseJson(String(text)));
    if (!parsed.success) {
      socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request' } }));
      return;
    }
    const { method, params, id } = parsed.data;
    if (method === 'LIST_SUBSCRIPTIONS') {
      socket.send(JSON.stringify({ result: [...streams], id }));
      return;
    }
    for (const name of params) {
      if (method === 'SUBSCRIBE') streams.add(name);
      else streams.delete(name);
    }
    socket.send(JSON.stringify({ result: null, id }));
  }

  #sendTo(listenKey: string, text: string): void {
    for (const { socket, listenKey: own } of this.#connections) if (own === listenKey) socket.send(text);
  }

  #ping(): void {
    for (const { socket } of this.#connections) socket.ping();
  }
}

/** What an address asks for: `/ws/<listen key or stream>`, `/ws`, or `/stream?streams=a/b`, also below `/public`, `/market` and `/private`. */
function targetOf(address: string, listenKeys: ListenKeys): Omit<Connection, 'socket'> | undefined {
  const url = new URL(address, 'ws://127.0.0.1');
  const path = url.pathname.replace(/^\/(?:public|market|private)(?=\/)/, '').replace(/\/+$/, '');
  const asked = url.searchParams.get('listenKey') ?? path.replace(/^\/ws\/?/, '');
  if (listenKeys.has(asked)) {
    return { kind: 'user', listenKey: asked, combined: false, streams: new Set() };
  }
  if (path === '/stream') {
    const names = streamNames(url.searchParams.get('streams') ?? '');
    return { kind: 'market', listenKey: '', combined: true, streams: new Set(names) };
  }
  if (path !== '/ws' && !path.includes('@')) return undefined;
  return {
    kind: 'market',
    listenKey: '',
    combined: false,
    streams: new Set(streamNames(path.replace(/^\/ws\/?/, ''))),
  };
}

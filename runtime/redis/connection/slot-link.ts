import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type Redis, type RedisOptions } from 'ioredis';
import { type ClusterMap, type ClusterNode, textOf } from './cluster-map.ts';
import { LeavingOnce } from './leaving-once.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const ASK_AGAIN_MS = 200;
const MOVED = /^MOVED \d+ (?:(.*):)?(\d+)$/;

/**
 * Plain connections to whichever node is the master of one portfolio's slot. All of them go to the same node: when one
 * is told that the slot has moved, those that are never told (a subscriber, a blocked reader) are made anew with it.
 */
export class SlotLink {
  readonly #map: ClusterMap;
  readonly #key: string;
  readonly #open = new Map<Socket, ClusterNode>();
  #master: ClusterNode | undefined;

  /** `key` is any key of the portfolio. */
  constructor(map: ClusterMap, key: string) {
    this.#map = map;
    this.#key = key;
  }

  /** A connection to the slot's master, wherever it goes. `reconnectOnError` of the options is heeded besides. */
  connect(options: RedisOptions): Redis {
    const { tls, ...login } = this.#map.access;
    const link = this;
    class SlotConnector extends AbstractConnector {
      constructor() {
        super(CONNECT_TIMEOUT_MS);
      }

      async connect(): Promise<Socket> {
        this.connecting = true;
        const patient = options.retryStrategy?.(1) !== null;
        const stream = await link.#connected(() => this.connecting, patient, tls === true);
        stream.once('error', (error: Error) => {
          this.firstError = error;
        });
        this.stream = stream;
        return stream;
      }
    }
    return new LeavingOnce({
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...options,
      ...login,
      Connector: SlotConnector,
      reconnectOnError: (error) => this.#movedBy(error) || (options.reconnectOnError?.(error) ?? false),
    });
  }

  /** ioredis takes a connector that fails for the end of the connection: while nobody knows the master, this waits. */
  async #connected(wanted: () => boolean, patient: boolean, tls: boolean): Promise<Socket> {
    while (wanted()) {
      try {
        this.#master ??= await this.#map.masterOf(this.#key);
        if (wanted()) return this.#socketTo(this.#master, tls);
      } catch (error) {
        if (!patient) throw error;
        await pause(ASK_AGAIN_MS);
      }
    }
    throw new Error('Connection is closed.');
  }

  #socketTo(node: ClusterNode, tls: boolean): Socket {
    const { host, port } = node;
    const socket = tls ? connectTls({ host, port }) : createConnection({ host, port });
    this.#open.set(socket, node);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#master === node) this.#master = undefined;
    });
    return socket;
  }

  /** Whether an error says that the slot is elsewhere now: 2, for ioredis to send the command again there. */
  #movedBy({ message }: Error): 2 | false {
    const moved = MOVED.exec(message);
    if (moved === null) return false;
    const [, host, port] = moved;
    const isNamed = host !== undefined && host !== '' && host !== '?';
    this.#master = isNamed ? { host, port: Number(port) } : undefined;
    setImmediate(() => this.#closeElsewhere());
    return 2;
  }

  #closeElsewhere(): void {
    const master = this.#master;
    if (master === undefined) return;
    for (const [socket, node] of this.#open) if (textOf(node) !== textOf(master)) socket.destroy();
  }
}

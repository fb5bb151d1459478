import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askedBy } from '../support/alert-condition.ts';
import { AlertWorld } from '../support/alert-world.ts';
import type { Prometheus } from './prometheus.ts';

/** A system in which a fault is made while Prometheus scrapes it. Its port outlives a system that is stopped. */
export class LiveWorld extends AlertWorld {
  readonly #name: string;
  readonly #prometheus: Prometheus;
  #server: Server | undefined;

  constructor(alert: string, name: string, prometheus: Prometheus) {
    super(askedBy(alert));
    this.#name = name;
    this.#prometheus = prometheus;
  }

  protected override async started(): Promise<void> {
    this.#server ??= await this.#serve();
    await this.scraped((this.#server.address() as AddressInfo).port);
  }

  /** Has a port scraped, and waits until it was. */
  async scraped(port: number): Promise<void> {
    await this.#prometheus.scrape(this.#name, port);
  }

  /** Whether an alert fires for this system. */
  async fires(alert: string): Promise<boolean> {
    return await this.#prometheus.fires(alert, this.#name);
  }

  override async stop(): Promise<void> {
    this.#prometheus.forget(this.#name);
    this.#server?.closeAllConnections();
    this.#server?.close();
    await super.stop();
  }

  async #serve(): Promise<Server> {
    const server = createServer(async (_request, response) => {
      const text = await this.exposition();
      response.writeHead(text === '' ? 503 : 200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }
}

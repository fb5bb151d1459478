import { hostname } from 'node:os';
import { z } from 'zod';
import { errorText } from '../../redis/problem.ts';
import { Skipped } from './checklist.ts';
import type { ProofHost } from './invitation.ts';

const TIMEOUT_MS = 3_000;
/** An ask may wait for ten seconds. */
const ASK_TIMEOUT_MS = 13_000;

/** An answer over HTTP. */
export interface WebAnswer {
  readonly status: number;
  readonly text: string;
}

/** The HTTP side of the workers that host the scratch portfolio, asked about that portfolio. */
export class Web {
  readonly #hosts: readonly ProofHost[];
  readonly #about: string;
  readonly #token: string;

  /** `token` asks for permits on the scratch portfolio, and does nothing else. */
  constructor(hosts: readonly ProofHost[], prefix: string, token: string) {
    this.#hosts = hosts;
    this.#token = token;
    this.#about = `portfolio=${encodeURIComponent(prefix)}`;
  }

  /**
   * The value of a metric's series, as it is written there, of all workers that run the handler: counters are added up,
   * gauges are shown once where all agree. Throws `Skipped` where one of them cannot be asked.
   */
  async metric(handler: string, series: string): Promise<string> {
    const asked = this.#running(handler).map(async (host) => (await this.ask(host, 'http', '/metrics')).text);
    const lines = (await Promise.all(asked)).flatMap((text) => text.split('\n'));
    const values = lines.flatMap((line) =>
      line.startsWith(`${series} `) ? [Number(line.slice(series.length + 1))] : [],
    );
    if (values.length === 0) return 'no such series';
    if (lines.includes(`# TYPE ${series.replace(/\{.*/, '')} gauge`)) return [...new Set(values)].join(' and ');
    return String(values.reduce((sum, value) => sum + value, 0));
  }

  /** The answer of one worker that runs a handler, on the listener of this role. */
  async answer(handler: string, role: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<WebAnswer> {
    const hosts = this.#running(handler);
    const host = hosts.find(({ http }) => http.some((address) => address.role === role)) ?? hosts[0];
    if (host === undefined) throw new Skipped(`no worker runs ${handler}`);
    return await this.ask(host, role, path, { method });
  }

  /** The worker whose HTTP is asked for permits; throws `Skipped` where none can be. */
  asked(): ProofHost {
    const listening = this.#hosts.filter(({ http }) => http.some(({ role }) => role === 'http'));
    const host = listening.find(({ asks }) => asks) ?? listening[0] ?? this.#hosts[0];
    if (host === undefined) throw new Skipped('no worker takes part');
    if (host.asks || listening.length === 0) return host;
    throw new Skipped(`${host.worker} is of a release whose asks over HTTP cannot be proven`);
  }

  /** What it answers to the token of the proof. */
  async permits(method: 'POST' | 'DELETE', path: string, body?: object): Promise<WebAnswer> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const sent = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return await this.ask(this.asked(), 'http', path, { ...sent, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  }

  /** The same, parsed from JSON. */
  async json(
    handler: string,
    role: string,
    path: string,
    method: 'GET' | 'POST' = 'GET',
  ): Promise<Record<string, unknown>> {
    const { text } = await this.answer(handler, role, path, method);
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  }

  /** The answer of this worker; throws `Skipped` where it does not listen, or on another machine. */
  async ask(host: ProofHost, role: string, path: string, how: RequestInit = {}): Promise<WebAnswer> {
    const url = host.http.find((address) => address.role === role)?.url;
    if (url === undefined) throw new Skipped(`${host.worker} (process ${host.pid}) does not listen there`);
    if (host.machine !== hostname()) throw new Skipped(`${host.worker} is on ${host.machine}: run prove there`);
    const target = `${url}${path}${path.includes('?') ? '&' : '?'}${this.#about}`;
    try {
      const response = await fetch(target, { signal: AbortSignal.timeout(TIMEOUT_MS), ...how });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new Error(`${url}${path} did not answer: ${errorText(error)}`, { cause: error });
    }
  }

  #running(handler: string): readonly ProofHost[] {
    return this.#hosts.filter(({ handlers }) => handlers.includes(handler));
  }
}

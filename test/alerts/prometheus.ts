import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { freePort } from '../support/ports.ts';
import { until } from '../support/redis.ts';
import { scaledRules } from './scaled-rules.ts';

const SHIPPED = new URL('../../deploy/prometheus/', import.meta.url);
const EVERY = '500ms';
/** Every `for` and range of the rules is divided by this: half an hour is a minute. */
const SHORTER = 30;
/** Scrapes before a fault, so that counters are seen to rise. */
const SCRAPES = 3;

const Config = z.looseObject({ global: z.looseObject({}), scrape_configs: z.tuple([z.looseObject({})]) });
const Alerts = z.object({
  data: z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })) }),
});
const Answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** Debian's Prometheus on a free loopback port, with the shipped configuration and rules in a hurry. */
export class Prometheus {
  readonly #folder: string;
  readonly #url: string;
  readonly #process: ChildProcess;
  readonly #targets = new Map<string, number>();

  private constructor(folder: string, port: number, process: ChildProcess) {
    this.#folder = folder;
    this.#url = `http://127.0.0.1:${port}`;
    this.#process = process;
  }

  /** Starts `program` and waits until it is ready. It ends by itself after `limitSec`, whatever becomes of this process. */
  static async start(program: string, limitSec: number): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-prometheus-'));
    writeConfig(folder);
    const port = await freePort();
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ];
    const child = spawn('timeout', [String(limitSec), program, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    const prometheus = new Prometheus(folder, port, child);
    await until('Prometheus to be ready', () => prometheus.#isReady());
    return prometheus;
  }

  /** Scrapes a loopback port from now on, as the portfolio `name`, and waits until it was scraped a few times. */
  async scrape(name: string, port: number): Promise<void> {
    this.#targets.set(name, port);
    this.#writeTargets();
    await until(`${name} to be scraped`, async () => {
      const scraped = await this.#figure(`sum_over_time(up{portfolio="${name}"}[5s])`);
      return scraped >= SCRAPES ? true : undefined;
    });
  }

  /** Scrapes it no more. */
  forget(name: string): void {
    if (this.#targets.delete(name)) this.#writeTargets();
  }

  /** Whether an alert fires for a portfolio. */
  async fires(alert: string, name: string): Promise<boolean> {
    const { data } = Alerts.parse(await this.#ask('/api/v1/alerts'));
    return data.alerts.some(
      ({ labels, state }) => state === 'firing' && labels.alertname === alert && labels.portfolio === name,
    );
  }

  /** Ends it and deletes what it kept. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.exitCode === null && this.#process.kill('SIGTERM')) await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #isReady(): Promise<boolean> {
    if (this.#process.exitCode !== null)
      throw new Error(`expected Prometheus to run, got exit code ${this.#process.exitCode}`);
    return await fetch(`${this.#url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async #figure(query: string): Promise<number> {
    const { data } = Answer.parse(await this.#ask(`/api/v1/query?query=${encodeURIComponent(query)}`));
    return Number(data.result[0]?.value[1] ?? 0);
  }

  async #ask(path: string): Promise<unknown> {
    return await (await fetch(`${this.#url}${path}`)).json();
  }

  /** In one step: it may be read at any moment. */
  #writeTargets(): void {
    const targets = [...this.#targets].map(([portfolio, port]) => ({
      targets: [`127.0.0.1:${port}`],
      labels: { portfolio },
    }));
    const path = join(this.#folder, 'targets.json');
    writeFileSync(`${path}.new`, JSON.stringify(targets));
    renameSync(`${path}.new`, path);
  }
}

function writeConfig(folder: string): void {
  const { global, scrape_configs, ...rest } = Config.parse(
    parse(readFileSync(new URL('prometheus.yml', SHIPPED), 'utf8')),
  );
  const { static_configs: _shipped, ...job } = scrape_configs[0];
  const discovered = { ...job, file_sd_configs: [{ files: [join(folder, 'targets.json')], refresh_interval: '1s' }] };
  const hurried = { ...global, scrape_interval: EVERY, scrape_timeout: EVERY, evaluation_interval: EVERY };
  writeFileSync(join(folder, 'prometheus.yml'), stringify({ ...rest, global: hurried, scrape_configs: [discovered] }));
  writeFileSync(join(folder, 'targets.json'), '[]');
  mkdirSync(join(folder, 'rules'));
  for (const name of readdirSync(new URL('rules/', SHIPPED))) {
    const text = readFileSync(new URL(`rules/${name}`, SHIPPED), 'utf8');
    writeFileSync(join(folder, 'rules', name), scaledRules(text, SHORTER));
  }
}

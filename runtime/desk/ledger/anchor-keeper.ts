import { appendFile, mkdir } from 'node:fs/promises';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { streams } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { SettingsError } from '../../settings/load.ts';
import type { LedgerSettings } from '../../settings/runtime-settings.ts';
import { type Anchor, anchorPath, marked, readLedgerKey } from './anchors.ts';

const SENT_WITHIN_MS = 10_000;

/**
 * Keeps the head of the ledger outside Redis, at the start and every hour (`everyMs`): in the log, in a file, and at an
 * address of the user's where one is set. Throws a `SettingsError` where the key cannot be read.
 */
export function ledgerAnchorCompanion(settings: LedgerSettings, everyMs = HOUR_MS): Companion {
  const key = settings.keyFile === undefined ? undefined : keyOf(settings.keyFile);
  return {
    metrics: [],
    leavesProofs: true,
    start: (host) => {
      const keeper = host.portfolio.simulatedClock ? undefined : new AnchorKeeper(host, settings, key, everyMs);
      return { stop: async () => await keeper?.stop() };
    },
  };
}

function keyOf(path: string): string {
  try {
    return readLedgerKey(path);
  } catch (error) {
    throw new SettingsError([messageOf(error)], []);
  }
}

class AnchorKeeper {
  readonly #host: CompanionHost;
  readonly #settings: LedgerSettings;
  readonly #key: string | undefined;
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  readonly #ended = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(host: CompanionHost, settings: LedgerSettings, key: string | undefined, everyMs: number) {
    this.#host = host;
    this.#settings = settings;
    this.#key = key;
    this.#path = anchorPath(settings.folder, host.portfolio);
    this.#timer = setInterval(() => this.#begin(), everyMs);
    this.#begin();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#ended.abort();
    await this.#turn;
  }

  #begin(): void {
    const { log } = this.#host;
    const unkept = (where: string) => (error: unknown) =>
      log.warn(`the head of the ledger is not kept ${where}: ${messageOf(error)}`);
    this.#turn = this.#turn
      .then(async () => {
        const anchor = marked(await this.#head(), this.#key);
        const { seq, hash, portfolio } = anchor;
        log.info({ ledger: anchor }, `ledger of ${portfolio}: entry ${seq}, hash ${hash || 'none'}`);
        await this.#write(anchor).catch(unkept(`in ${this.#path}`));
        await this.#send(anchor).catch(unkept('at LEDGER_ANCHOR_URL'));
      })
      .catch(unkept('outside Redis'));
  }

  async #write(anchor: Anchor): Promise<void> {
    await mkdir(this.#settings.folder, { recursive: true, mode: 0o700 });
    await appendFile(this.#path, `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true });
  }

  async #head(): Promise<Omit<Anchor, 'mac'>> {
    const { redis, portfolio } = this.#host;
    const at = Math.floor((await redisNowMs(redis)) / 1000);
    const [newest] = await redis.xrevrange(portfolio.streamKey(streams.ledger), '+', '-', 'COUNT', 1);
    const { seq = '0', hash = '' } = newest === undefined ? fieldsOf([]) : fieldsOf(newest[1]);
    return { at, portfolio: portfolio.outputPrefix, seq: Number(seq), hash };
  }

  async #send(anchor: Anchor): Promise<void> {
    const { url } = this.#settings;
    if (url === undefined) return;
    const signal = AbortSignal.any([AbortSignal.timeout(SENT_WITHIN_MS), this.#ended.signal]);
    const headers = { 'content-type': 'application/json' };
    const sent = { method: 'POST', body: JSON.stringify(anchor), headers, redirect: 'manual', signal } as const;
    const answer = await fetch(url, sent);
    if (!answer.ok) throw new Error(`expected LEDGER_ANCHOR_URL to answer 2xx, got ${answer.status}`);
  }
}

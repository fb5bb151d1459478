import { appendFile, mkdir } from 'node:fs/promises';
import { HOUR_MS } from '../../../schemas/duration.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { LedgerSettings } from '../../settings/runtime-settings.ts';
import { ledgerKeyOf } from '../seals/ledger-key.ts';
import { sealHead } from '../seals/ledger-seals.ts';
import { type Anchor, anchorPath, marked, type Unmarked } from './anchors.ts';

const SENT_WITHIN_MS = 10_000;

/**
 * Keeps the head of the ledger, and of the seals of decisions in it, outside Redis, at the start and every hour (`everyMs`): in the log, in a file, and at an
 * address of the user's where one is set. Throws a `SettingsError` where the key cannot be read.
 */
export function ledgerAnchorCompanion(settings: LedgerSettings, everyMs = HOUR_MS): Companion {
  const key = ledgerKeyOf(settings.keyFile);
  return {
    metrics: [],
    leavesProofs: true,
    start: (host) => {
      const keeper = host.portfolio.simulatedClock ? undefined : new AnchorKeeper(host, settings, key, everyMs);
      return { stop: async () => await keeper?.stop() };
    },
  };
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
        const { seq, hash, portfolio, seals } = anchor;
        const sealed = seals === undefined ? '' : `; seal ${seals.seal}, hash ${seals.hash}`;
        log.info({ ledger: anchor }, `ledger of ${portfolio}: entry ${seq}, hash ${hash || 'none'}${sealed}`);
        await this.#write(anchor).catch(unkept(`in ${this.#path}`));
        await this.#send(anchor).catch(unkept('at LEDGER_ANCHOR_URL'));
      })
      .catch(unkept('outside Redis'));
  }

  async #write(anchor: Anchor): Promise<void> {
    await mkdir(this.#settings.folder, { recursive: true, mode: 0o700 });
    await appendFile(this.#path, `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true });
  }

  async #head(): Promise<Unmarked> {
    const { redis, portfolio } = this.#host;
    const at = Math.floor((await redisNowMs(redis)) / 1000);
    const { seq, hash, sha256, seal: newest } = await sealHead(redis, portfolio);
    const anchor = { at, portfolio: portfolio.outputPrefix, seq, hash, ...(sha256 !== '' && { sha256 }) };
    if (newest === undefined) return anchor;
    const { seal, after, root } = newest;
    return { ...anchor, seals: { seal, hash: after, root } };
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

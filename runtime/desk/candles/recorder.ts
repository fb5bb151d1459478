import { HOUR_MS } from '../../../schemas/duration.ts';
import type { KeptPlay, KeptRun } from '../../../schemas/kept-run.ts';
import { formatNumber } from '../../../schemas/number.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import type { FundingRules } from '../../market/player/funded-book.ts';
import type { Market } from '../../market/player/market.ts';
import { candleFiles } from '../decisions/candle-file.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { fileTries, type TriesKept } from '../replay/tries.ts';
import { fileDigest } from '../runs/digest.ts';
import { type LineWriter, RunKeeper } from '../runs/keeper.ts';
import type { RunResult } from './run.ts';

const PRICES = 'prices.csv.gz';
const FUNDING = 'funding.csv.gz';
const FUNDING_HEAD = 'symbol,time,rate,mark_price\n';
const HEAD = 'symbol,ts_ms,open,high,low,close,volume\n';

/** A play that is to be kept: its name, and what it changes of the settings (null: nothing). */
export interface NamedPlay {
  readonly name: string;
  readonly policy: ReplayPolicy | null;
}

/** Keeps what is played on candles: the decision log of each play, the prices, and a manifest of what was played. */
export class RunRecorder {
  readonly #keeper: RunKeeper;
  readonly #prices: LineWriter;
  readonly #symbols = new Set<string>();
  readonly #kept: KeptPlay[] = [];
  #open: readonly (NamedPlay & { readonly log: LineWriter })[] = [];

  private constructor(keeper: RunKeeper, prices: LineWriter) {
    this.#keeper = keeper;
    this.#prices = prices;
  }

  /** Begins; throws a `RunError` where there is something of its name. */
  static async begin(named: string): Promise<RunRecorder> {
    const keeper = await RunKeeper.begin(named);
    try {
      const prices = await keeper.file(PRICES);
      await prices.write([HEAD]);
      return new RunRecorder(keeper, prices);
    } catch (error) {
      await keeper.discard();
      throw error;
    }
  }

  /** Where it will be. */
  get place(): string {
    return this.#keeper.place;
  }

  /** Folders that unfinished runs of this name left. */
  get leftBehind(): readonly string[] {
    return this.#keeper.leftBehind;
  }

  /** Tries on what is kept, until it has its name: they are kept with it. */
  tries(): TriesKept {
    return fileTries(this.#keeper.path(PRICES));
  }

  /** Begins the plays of a market. */
  async beginPlays(plays: readonly NamedPlay[]): Promise<void> {
    const open: (NamedPlay & { log: LineWriter })[] = [];
    for (const play of plays) open.push({ ...play, log: await this.#keeper.file(`${play.name}.jsonl.gz`) });
    this.#open = open;
  }

  /** Takes in what each play decided. */
  async decided(decisions: readonly (readonly LoggedDecision[])[]): Promise<void> {
    await this.#keeper.guarded(async () => {
      for (const [at, { log }] of this.#open.entries()) await log.decisions(decisions[at] ?? []);
    });
  }

  /** Ends the plays of a market with what each came to. */
  async endPlays(market: Market, results: readonly RunResult[]): Promise<void> {
    await this.#keeper.guarded(async () => {
      for (const [at, { log, name, policy }] of this.#open.entries()) {
        const result = results[at];
        const written = { ...(await log.end()), decisions: log.lines };
        const from = new Date(market.closedAtMs(-1)).toISOString();
        const to = new Date(market.closedAtMs(market.hours - 1)).toISOString();
        this.#kept.push({ name, ...written, policy, modes: { ...result?.modes }, from, to, result });
      }
      this.#open = [];
      for (const symbol of market.symbols) {
        this.#symbols.add(symbol);
        await this.#prices.write(priceLines(market, symbol));
      }
    });
  }

  /** Gives it its name, once it is whole; `paths` are the candles it was played on, `recorded` the funding that was paid. */
  async keep(
    about: Pick<KeptRun, 'portcullis' | 'strategy' | 'settings'>,
    { paths, recorded }: { readonly paths: readonly string[] } & Pick<FundingRules, 'recorded'>,
    nowMs: number,
  ): Promise<void> {
    const candles: KeptRun['candles'] = [];
    for (const path of paths) {
      for (const file of await candleFiles(path)) candles.push({ file, sha256: await fileDigest(file) });
    }
    const prices = { ...(await this.#keeper.guarded(() => this.#prices.end())), symbols: [...this.#symbols].sort() };
    const funding = recorded.size === 0 ? {} : { funding: await this.#keepFunding(recorded) };
    await this.#keeper.keep({ ...about, candles, prices, ...funding, plays: this.#kept }, nowMs);
  }

  async #keepFunding(recorded: FundingRules['recorded']) {
    return await this.#keeper.guarded(async () => {
      const file = await this.#keeper.file(FUNDING);
      await file.write([FUNDING_HEAD]);
      for (const [symbol, { rates }] of recorded) {
        await file.write(rates.map(({ atMs, rate, mark }) => `${symbol},${atMs},${rate},${mark ?? ''}\n`));
      }
      return await file.end();
    });
  }

  /** Takes away what was written; after `keep` it does nothing. */
  async discard(): Promise<void> {
    await this.#keeper.discard();
  }
}

/** The closes of a symbol as hourly candles that did not move. */
function priceLines(market: Market, symbol: string): readonly string[] {
  return Array.from({ length: market.hours }, (_, hour) => {
    const close = formatNumber(market.close(symbol, hour));
    return `${symbol},${market.closedAtMs(hour) - HOUR_MS},${close},${close},${close},${close},0\n`;
  });
}

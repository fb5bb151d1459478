import { MINUTE_MS } from '../../../../schemas/duration.ts';

/** How long the adapter waits for what. All in ms. */
export interface BinanceTimings {
  /** For a whole answer, from sending to its last byte. */
  readonly answerMs: number;
  /** The longest wait before the second try of a read; it doubles for each further one. */
  readonly retryMs: number;
  /** Without requests after the exchange asked for fewer and did not say for how long. */
  readonly rateLimitPauseMs: number;
  readonly banPauseMs: number;
  /** Without keyed requests after a key was refused once: a stray refusal must not outlast what was read before. */
  readonly authRetryMs: number;
  /** The same after it was refused again. */
  readonly authPauseMs: number;
  /** Between two keep-alives of a listen key, which lives an hour; and before the next try of one that failed. */
  readonly keepAliveMs: number;
  readonly keepAliveRetryMs: number;
  /** A stream that answers no ping for so long is dead. */
  readonly pingMs: number;
  /** Waits before a stream is opened again: drawn between the two, the longer one reached by doubling. */
  readonly reopenLeastMs: number;
  readonly reopenMostMs: number;
  /** A stream is opened anew before the exchange ends it at 24 hours. */
  readonly streamLifeMs: number;
}

/** What the exchange documents, with room to spare. */
export const BINANCE_TIMINGS: BinanceTimings = {
  answerMs: 5_000,
  retryMs: 400,
  rateLimitPauseMs: MINUTE_MS,
  banPauseMs: 5 * MINUTE_MS,
  authRetryMs: 20_000,
  authPauseMs: 5 * MINUTE_MS,
  keepAliveMs: 30 * MINUTE_MS,
  keepAliveRetryMs: MINUTE_MS,
  pingMs: 20_000,
  reopenLeastMs: 250,
  reopenMostMs: 30_000,
  streamLifeMs: 23.5 * 60 * MINUTE_MS,
};

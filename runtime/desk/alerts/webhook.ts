import type { Logger } from 'pino';
import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import type { Alert } from '../../../schemas/alert.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { AlertSettings } from '../../settings/alert-settings.ts';
import { backoffMs } from '../../settings/backoff.ts';
import { deliver } from './deliver.ts';

const SENT = 'portcullis_alert_messages_total';
/** A message that the receiver refuses for good is given up after so many tries: those behind it must not wait for ever. */
const REFUSALS = 5;
const BETWEEN_TRIES = { leastMs: 500, firstMs: 2_000, mostMs: MINUTE_MS };

/** The families of the webhook. */
export const ALERT_METRICS: readonly MetricSpec[] = [
  {
    name: SENT,
    type: 'counter',
    help: 'Messages to the webhook: taken, failed and tried again, or given up as refused',
    labels: ['outcome'],
  },
  {
    name: 'portcullis_alerts_waiting',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: 'Alerts that were not sent yet, as of the process that sends them',
  },
];

/** What an attempt came to. */
export type Attempt = 'taken' | 'failed' | 'given_up';

/** The address that alerts go to, as one sender sees it: how it fares, and when it is to be tried again. */
export class Webhook {
  readonly settings: AlertSettings;
  /** Why the last attempt failed; empty where it did not. */
  problem = '';
  readonly #log: Logger;
  readonly #count: (outcome: Attempt) => void;
  #failures = 0;
  #refusals = 0;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(settings: AlertSettings, log: Logger, count: (outcome: Attempt) => void) {
    this.settings = settings;
    this.#log = log;
    this.#count = count;
  }

  /** Whether it is time to try. */
  get isDue(): boolean {
    return performance.now() >= this.#nextMs;
  }

  /** Tries one alert, once. */
  async send(alert: Alert): Promise<Attempt> {
    const { problem, isRefused } = await deliver(alert, this.settings, Date.now());
    const outcome = this.#outcomeOf(problem, isRefused);
    this.#say(alert, problem, outcome);
    this.problem = outcome === 'failed' ? problem : '';
    this.#failures = outcome === 'failed' ? this.#failures + 1 : 0;
    this.#nextMs = outcome === 'failed' ? performance.now() + backoffMs(BETWEEN_TRIES, this.#failures) : this.#nextMs;
    this.#count(outcome);
    return outcome;
  }

  #outcomeOf(problem: string, isRefused: boolean): Attempt {
    this.#refusals = isRefused ? this.#refusals + 1 : 0;
    if (problem === '') return 'taken';
    if (this.#refusals < REFUSALS) return 'failed';
    this.#refusals = 0;
    return 'given_up';
  }

  /** The address is no part of it: it may hold a key. */
  #say(alert: Alert, problem: string, outcome: Attempt): void {
    if (outcome === 'given_up') this.#log.error(`webhook: gave up ${alert.id}, "${alert.what}": ${problem}`);
    else if (problem !== '' && this.problem === '') this.#log.warn(`webhook: ${problem}; it is tried again and again`);
    else if (problem === '' && this.problem !== '') this.#log.info('webhook: takes alerts again');
  }
}

/** The count of an attempt. */
export function sentCount(outcome: Attempt) {
  return { metric: SENT, labels: { outcome } };
}

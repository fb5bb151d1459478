import type { Logger } from 'pino';
import type { Overview } from '../../../../../schemas/api/overview.ts';
import { errorText } from '../../../../redis/problem.ts';
import type { Portfolio } from '../../../../settings/portfolio.ts';
import { eventText } from './events.ts';

/** What a portfolio's overview is made by. */
export type OverviewOf = (portfolio: Portfolio) => Promise<Overview>;

/** Asks for the overview of a portfolio, one question at a time, and tells each that is different from the last. */
export class OverviewTeller {
  /** The event of the last overview; empty before the first. */
  text = '';
  readonly #ask: () => Promise<Overview>;
  readonly #tell: (text: string) => void;
  readonly #log: Logger;
  #asking = false;
  #failing = false;

  constructor(ask: () => Promise<Overview>, tell: (text: string) => void, log: Logger) {
    this.#ask = ask;
    this.#tell = tell;
    this.#log = log;
  }

  /** Asks, unless the last question is still open; an answer that fails is logged once, and keeps nobody waiting. */
  async ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#take(eventText('overview', await this.#ask()));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn(`the overview could not be made: ${errorText(error)}; trying again`);
      this.#failing = true;
    } finally {
      this.#asking = false;
    }
  }

  #take(text: string): void {
    const isNew = withoutTime(text) !== withoutTime(this.text);
    this.text = text;
    if (isNew) this.#tell(text);
  }
}

/** Two overviews that differ in their own time alone say the same. */
function withoutTime(text: string): string {
  return text.replace(/"at":[^,}]*/, '');
}

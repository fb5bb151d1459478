import { HttpError } from './errors.ts';

/** How long an answer is kept for others who ask the same, and how long somebody waits for what is done before it, ms. */
export interface SharedWorkTimes {
  readonly keepMs: number;
  readonly waitMs: number;
}

interface Job<T> {
  readonly answer: Promise<T>;
  readonly ending: AbortController;
  /** How many wait for the answer. */
  waiting: number;
}

/**
 * Long work that is done one at a time: who asks the same meanwhile, or shortly after, shares it, and what nobody waits
 * for any more is ended. Own, because packages that share or queue promises do not end what all have left.
 */
export class SharedWork<T> {
  readonly #times: SharedWorkTimes;
  readonly #jobs = new Map<string, Job<T>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(times: SharedWorkTimes) {
    this.#times = times;
  }

  /** What comes of the work of a name; `gone` says that whoever asks does not wait any longer. A 503 where its turn does not come in time. */
  async ask(name: string, work: (ending: AbortSignal) => Promise<T>, gone: AbortSignal): Promise<T> {
    const job = this.#jobs.get(name) ?? this.#begin(name, work);
    job.waiting += 1;
    const leave = () => {
      job.waiting -= 1;
      if (job.waiting === 0) this.#end(name, job);
    };
    if (gone.aborted) leave();
    gone.addEventListener('abort', leave, { once: true });
    try {
      return await job.answer;
    } finally {
      gone.removeEventListener('abort', leave);
    }
  }

  #begin(name: string, work: (ending: AbortSignal) => Promise<T>): Job<T> {
    const ending = new AbortController();
    const turn = this.#turn.then(async () => {
      clearTimeout(timer);
      ending.signal.throwIfAborted();
      return await work(ending.signal);
    });
    this.#turn = turn.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new HttpError(503, BUSY)), this.#times.waitMs).unref();
    });
    const job: Job<T> = { answer: Promise.race([turn, late]), ending, waiting: 0 };
    this.#jobs.set(name, job);
    job.answer.then(
      () => setTimeout(() => this.#forget(name, job), this.#times.keepMs).unref(),
      () => this.#end(name, job),
    );
    return job;
  }

  #end(name: string, job: Job<T>): void {
    job.ending.abort();
    this.#forget(name, job);
  }

  #forget(name: string, job: Job<T>): void {
    if (this.#jobs.get(name) === job) this.#jobs.delete(name);
  }
}

const BUSY = 'expected to begin soon, got others that are at work still: ask again in a few seconds';

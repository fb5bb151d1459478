import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const SOON_MS = 50;

/** What the sending thread is started with. */
export interface SenderData {
  readonly url: string;
  readonly positions: number;
  /** Messages a second, and how many at most. */
  readonly perSecond: number;
  readonly count: number;
}

/** A thread that sends proposals to the heat gate of the default portfolio, each when it is due, whatever comes back. */
export interface Sender {
  /** Sets it to work; answers with the moment at which the first message is due (milliseconds, `nowMs`). */
  begin(): number;
  /** Rejects when the thread fails. */
  readonly failed: Promise<never>;
  /** Ends its work; resolves with how many messages it has sent. */
  end(): Promise<number>;
  /** Ends the thread, whatever it does. */
  stop(): Promise<unknown>;
}

/** Starts the thread; resolves once its connection stands. */
export async function startSender(data: SenderData): Promise<Sender> {
  const thread = new Worker(new URL('latency-sender.js', import.meta.url), { workerData: data });
  const failed = new Promise<never>((_, reject) => thread.once('error', reject));
  failed.catch(() => undefined);
  await Promise.race([failed, once(thread, 'message')]);
  const sent = once(thread, 'message');
  sent.catch(() => undefined);
  return {
    begin: () => {
      const startMs = nowMs() + SOON_MS;
      thread.postMessage(startMs);
      return startMs;
    },
    failed,
    end: async () => {
      thread.postMessage('end');
      const [count] = (await Promise.race([failed, sent])) as [number];
      return count;
    },
    stop: () => thread.terminate(),
  };
}

/** Milliseconds of the clock that all threads and processes share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

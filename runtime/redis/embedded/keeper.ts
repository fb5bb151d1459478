import { MINUTE_MS } from '../../../schemas/duration.ts';
import { errorText } from '../problem.ts';
import type { OwnServer } from './server.ts';

/** How often a server is started again within a minute; one that ends once more has something that no start mends. */
const STARTS_A_MINUTE = 2;

/** A server that is kept up. */
export interface KeptServer {
  /** Settles, with the words of its end, once it is down and will not be started again; never after `stop`. */
  readonly lost: Promise<string>;
  /** Stops it, and keeps it down. */
  stop(): Promise<void>;
}

/** Keeps a server up: whenever it ends without being asked it is started again on its data, twice a minute at most. */
export function keepServer(
  first: OwnServer,
  startAgain: () => Promise<OwnServer>,
  say: (line: string) => void,
): KeptServer {
  let current = first;
  let isStopping = false;
  let startsMs: readonly number[] = [];
  let starting: Promise<unknown> | undefined;
  const keep = async (): Promise<string> => {
    for (;;) {
      const end = await current.ended;
      const nowMs = performance.now();
      startsMs = startsMs.filter((startedMs) => nowMs - startedMs < MINUTE_MS);
      if (isStopping || startsMs.length >= STARTS_A_MINUTE) return end;
      startsMs = [...startsMs, nowMs];
      say(`our own Redis ended (${end}): starting it again on its data`);
      try {
        const started = startAgain();
        starting = started.catch(() => undefined);
        current = await started;
      } catch (error) {
        return `${end}; ${errorText(error)}`;
      }
    }
  };
  const kept = keep();
  return {
    lost: new Promise((resolve) => {
      void kept.then((end) => {
        if (!isStopping) resolve(end);
      });
    }),
    stop: async () => {
      isStopping = true;
      await starting;
      await current.stop();
    },
  };
}

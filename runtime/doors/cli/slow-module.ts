import { Worker } from 'node:worker_threads';
import type { CandleStrategy } from '../../../schemas/candle-proposal.ts';

/** How long a module may think about one hour before a line says so. */
const SLOW_MS = 10_000;
/** Places in what is shared: starts and ends so far, and how many hours are being thought about. */
const TURN = 0;
const ASKED = 1;

/** It looks from a thread of its own: a module that never gives the turn back keeps this one. */
const WATCH = `
const { workerData: { shared, words, slowMs } } = require('node:worker_threads');
for (;;) {
  const turn = Atomics.load(shared, ${TURN});
  const isAsked = Atomics.load(shared, ${ASKED}) > 0;
  if (Atomics.wait(shared, ${TURN}, turn, isAsked ? slowMs : Infinity) !== 'timed-out') continue;
  require('node:fs').writeSync(2, words);
  Atomics.wait(shared, ${TURN}, turn);
}`;

/** Gives strategies of a module back as they are, but that a line on standard error names the module where one of them thinks about an hour for over `slowMs`. */
export function toldWhenSlow(path: string, slowMs = SLOW_MS): (own: CandleStrategy) => CandleStrategy {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  let watch: Worker | undefined;
  const step = (asked: 1 | -1) => {
    Atomics.add(shared, ASKED, asked);
    Atomics.add(shared, TURN, 1);
    Atomics.notify(shared, TURN);
  };
  return (own) => ({
    propose: async (hour) => {
      if (watch === undefined) {
        const words = `\nportcullis: ${path} has thought for over ${slowMs / 1000} s about one hour (Ctrl-\\ ends the play)\n`;
        watch = new Worker(WATCH, { eval: true, execArgv: [], workerData: { shared, words, slowMs } });
        watch.unref();
      }
      step(1);
      try {
        return await own.propose(hour);
      } finally {
        step(-1);
      }
    },
  });
}

import { candleFiles, fileCandles } from '../decisions/candle-file.ts';
import { LineFileError } from '../decisions/line-file.ts';
import { closeMark } from './mark-sources.ts';
import type { MarkSource } from './marks.ts';

/** The length of the candles shows in so many of them. */
const LOOKED_AT = 10_000;

/**
 * The closes of the candles of a file, or of all files of candles of a folder (`candleFiles`), in order of time for each
 * symbol. The candles of a file are of one length. Throws a `LineFileError` for a file that holds no two of one symbol.
 */
export async function candleFileMarks(path: string): Promise<MarkSource> {
  const files: (readonly [file: string, stepMs: number])[] = [];
  for (const file of await candleFiles(path)) files.push([file, await stepOf(file)]);
  return {
    name: 'candle_file',
    async *pages(symbols, { fromMs, toMs }) {
      for (const [file, stepMs] of files) {
        for await (const page of fileCandles(file)) {
          yield page
            .filter(({ symbol }) => symbols.has(symbol))
            .filter(({ openMs }) => openMs + 2 * stepMs >= fromMs && openMs + stepMs <= toMs)
            .map(({ symbol, openMs, close }) => closeMark(symbol, openMs, close, stepMs));
        }
      }
    },
  };
}

/** The length of a file's candles: the shortest time between two of one symbol. */
async function stepOf(file: string): Promise<number> {
  const before = new Map<string, number>();
  let stepMs = Infinity;
  let looked = 0;
  for await (const page of fileCandles(file)) {
    for (const { symbol, openMs } of page) {
      const gapMs = openMs - (before.get(symbol) ?? -Infinity);
      if (gapMs > 0) stepMs = Math.min(stepMs, gapMs);
      before.set(symbol, openMs);
    }
    looked += page.length;
    if (looked >= LOOKED_AT) break;
  }
  if (Number.isFinite(stepMs)) return stepMs;
  throw new LineFileError(`${file}: expected two candles of one symbol at least, to tell how long they are, got none`);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GateReport } from '../../runtime/desk/report/index.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { runCli } from './cli.ts';

const NO_REDIS = 'redis://127.0.0.1:1';

/** The decision log of the demo's month, as export wrote it. */
export const MONTH = fileURLToPath(new URL('../fixtures/decisions/may-2021.jsonl.gz', import.meta.url));

/** A folder for a test's files, deleted at its end. */
export class Files {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder. */
  static async make(): Promise<Files> {
    return new Files(await mkdtemp(join(tmpdir(), 'portcullis-report-')));
  }

  /** The path of a file in it. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Writes a file and gives its path. */
  async write(name: string, content: string | Buffer): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  /** Deletes the folder. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** A report from files, as `--json` gives it. */
export async function reportFrom<R extends GateReport>(gate: R['gate'], ...argv: string[]): Promise<R> {
  const { out, err, code } = await runCli(NO_REDIS, ['report', gate, '--json', ...argv]);
  if (code !== 0 || err !== '') throw new Error(`expected a report, got ${code}: ${err}`);
  return JSON.parse(out) as R;
}

/** A command line with `report` and no Redis. */
export async function reportCli(...argv: string[]) {
  return await runCli(NO_REDIS, ['report', ...argv]);
}

/** The demo's month as a CSV file of candles has it; of these only the closes are known, so each candle is its close. */
export function may2021Csv(): string {
  const market = loadMay2021();
  const lines = ['symbol,ts_ms,open,high,low,close,volume'];
  for (let hour = 0; hour < market.hours; hour += 1) {
    for (const symbol of market.symbols) {
      const close = market.close(symbol, hour);
      lines.push(`${symbol},${market.closedAtMs(hour) - HOUR_MS},${close},${close},${close},${close},`);
    }
  }
  return `${lines.join('\n')}\n`;
}

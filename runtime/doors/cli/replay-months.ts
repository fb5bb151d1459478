import { basename } from 'node:path';
import { replayMonths } from '../../desk/candles/months.ts';
import type { NamedPlay } from '../../desk/candles/recorder.ts';
import { runsOf } from '../../desk/candles/run-settings.ts';
import { candleTries } from '../../desk/replay/tries.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';
import { castOf } from './cast.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import { whileKept } from './kept-run.ts';
import { moment, print } from './output.ts';
import { monthsOf, onPrivateRedis } from './played-on.ts';
import { keptAs, PLAYS, requireNoLog } from './replay-candles.ts';
import { monthsText } from './replay-months-text.ts';
import { policyOf, type ReplayOptions } from './replay-options.ts';
import { fundingOfPlay } from './report-funding.ts';
import { notePlayed } from './tried.ts';

/** `replay --candles --months`: each month by itself, under the limits in force and under each policy. */
export async function replayByMonths(io: Io, options: ReplayOptions, paths: readonly string[]): Promise<void> {
  requireNoLog(options);
  requireNoFilter(options);
  const { ended: signal, environment } = io;
  const cast = await castOf(options);
  const plays = [{ name: PLAYS.inForce, policy: null }, ...(await policiesOf(options.policy ?? []))];
  const months = await monthsOf(paths, cast.strategy, options);
  const runs = await runsOf(
    environment,
    plays.map(({ policy }) => policy ?? {}),
  );
  const policies = plays.flatMap(({ policy }) => (policy === null ? [] : [policy]));
  const funding = await fundingOfPlay(options, [...new Set(months.flatMap(({ market }) => market.symbols))]);
  const measure = options.chooseBy ?? 'gain';
  const bar = (done: number, all: number, atMs: number) =>
    io.err(
      `${CLEAR_LINE}${progressBar(done / all)} ${moment(String(atMs / 1000)).slice(0, 10)}, hour ${done} of ${all}`,
    );
  const about = { months, cast, plays, runs, funding, measure, signal, ...(io.interactive && { onHour: bar }) };
  const found = await whileKept(io, options.keep, async (recorder) => {
    const result = await onPrivateRedis(io, (address) => replayMonths({ address, ...about, recorder }));
    const isWhole = !result.stopped;
    const tries = isWhole && recorder !== undefined ? recorder.tries() : await candleTries(paths);
    const played = result.months.flatMap(({ from, to }) => policies.map((policy) => ({ policy, from, to })));
    const counted = { ...result, try_counted: await notePlayed(io, tries, runs, environment, played) };
    if (isWhole) await recorder?.keep(keptAs(io, cast, runs), { paths, recorded: funding.recorded }, Date.now());
    return { result: counted, isWhole };
  });
  if (found.months.length === 0) throw new CliError(exitCodes.failed, 'stopped before the first month was whole');
  print(io, options, found, monthsText);
}

/** The policies by the names of their files, which tell them apart. */
async function policiesOf(paths: readonly string[]): Promise<readonly NamedPlay[]> {
  const plays: NamedPlay[] = [];
  const known = new Set<string>([PLAYS.inForce]);
  for (const path of paths) {
    const name = basename(path)
      .replace(/\.json$/i, '')
      .replaceAll(/[^\w.-]/g, '_')
      .replace(/^\W/, '_');
    if (known.has(name)) {
      throw usageError(
        `--policy ${path}: expected files of different names, none of them ${PLAYS.inForce}, got ${name} twice`,
      );
    }
    known.add(name);
    plays.push({ name, policy: await policyOf(path) });
  }
  return plays;
}

function requireNoFilter({ gate, symbol, verdict, reason }: ReplayOptions): void {
  const given = Object.entries({ '--gate': gate, '--symbol': symbol, '--verdict': verdict, '--reason': reason });
  const [wrong] = given.find(([, value]) => value !== undefined) ?? [];
  if (wrong === undefined) return;
  throw usageError(
    `expected --months or ${wrong}, got both: months are compared by what they came to, not by decisions`,
  );
}

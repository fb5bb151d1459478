import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MakeCandleStrategy } from '../../../schemas/candle-proposal.ts';
import { issuesText } from '../../../schemas/issues.ts';
import type { KeptRun } from '../../../schemas/kept-run.ts';
import { shown } from '../../../schemas/setting.ts';
import { StatedStrategy, type Strategy } from '../../../schemas/strategy.ts';
import type { PlayedStrategy } from '../../desk/candles/cast.ts';
import type { LoggedPlay } from '../../desk/candles/logged-play.ts';
import { recordedProposals } from '../../desk/candles/proposals.ts';
import { fileDigest } from '../../desk/runs/digest.ts';
import { OwnTrader, recordedStrategy } from '../../market/player/own-trader.ts';
import { usageError } from './errors.ts';
import { fileProblem } from './files.ts';
import { type PlayedOptions, strategyOf, withEquity } from './played-on.ts';
import { toldWhenSlow } from './slow-module.ts';

const MODULE = /\.[cm]?js$/i;

/** What is played: rules that are named or stated, a module of the user's, or recorded proposals. */
export async function castOf(options: PlayedOptions): Promise<PlayedStrategy> {
  const { strategy, proposals } = options;
  const isModule = strategy !== undefined && MODULE.test(strategy);
  if (proposals !== undefined) {
    if (isModule) throw usageError('expected --strategy with a module or --proposals, got both: one of them proposes');
    return await recordedCast(proposals, await strategyOf({ ...options, strategy: strategy ?? 'momentum' }));
  }
  return isModule
    ? await moduleCast(strategy, options)
    : { strategy: await strategyOf(options), named: strategy ?? 'demo' };
}

async function recordedCast(path: string, strategy: Strategy): Promise<PlayedStrategy> {
  try {
    const recorded = await recordedProposals(path);
    const trader: PlayedStrategy['trader'] = (deps) => new OwnTrader(deps, recordedStrategy(recorded));
    return {
      strategy,
      named: path,
      trader,
      proposedBy: { kind: 'proposals', file: path, sha256: await fileDigest(path) },
    };
  } catch (error) {
    throw fileProblem('--proposals', path, error);
  }
}

/** The log's own proposals, with the parameters of a strategy but for what the log itself says. */
export function castOfLog(logged: LoggedPlay, stated: Strategy, { equity }: PlayedOptions): PlayedStrategy {
  const start_equity_usd = equity ?? logged.equityUsd;
  if (start_equity_usd === undefined) {
    throw usageError('expected --equity for a log without a reading of the equity, got none');
  }
  return {
    strategy: { ...stated, core_shares: {}, symbols: [], start_equity_usd },
    named: 'the proposals of the log',
    trader: (deps) => new OwnTrader(deps, recordedStrategy(logged.proposals, logged.held)),
  };
}

async function moduleCast(path: string, options: PlayedOptions): Promise<PlayedStrategy> {
  const sha256 = await fileDigest(path).catch((error: unknown) => {
    throw fileProblem('--strategy', path, error);
  });
  const { make, parameters } = await moduleOf(path);
  const told = toldWhenSlow(path);
  const trader: PlayedStrategy['trader'] = (deps) => new OwnTrader(deps, told(make()));
  return {
    strategy: withEquity(parameters, options),
    named: path,
    trader,
    proposedBy: { kind: 'module', file: path, sha256 },
  };
}

/** What a module exports: a function that makes the strategy, and its parameters. */
async function moduleOf(path: string): Promise<{ readonly make: MakeCandleStrategy; readonly parameters: Strategy }> {
  const loaded = await import(/* @vite-ignore */ pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw usageError(`--strategy ${path}: expected a module that loads, got ${String(error)}`);
  });
  const { default: make, parameters = {} } = loaded as { readonly default?: unknown; readonly parameters?: unknown };
  if (typeof make !== 'function') {
    throw usageError(
      `--strategy ${path}: expected a default export that makes a strategy, a function, got ${shown(make)}`,
    );
  }
  const made: unknown = make();
  if (typeof made !== 'object' || made === null || typeof (made as { propose?: unknown }).propose !== 'function') {
    throw usageError(
      `--strategy ${path}: expected its function to make an object with propose(hour), got ${shown(made)}`,
    );
  }
  const stated =
    typeof parameters === 'object' && parameters !== null ? { strategy: 'momentum', ...parameters } : parameters;
  const parsed = StatedStrategy.safeParse(stated);
  if (parsed.success) return { make: make as MakeCandleStrategy, parameters: parsed.data };
  throw usageError(`--strategy ${path}, parameters: ${issuesText(parsed.error)}`);
}

/** What a run was played with; throws a usage error where the file that proposed is not as it was, and for a module: what code is run is for the user to say, never for a folder that may come from elsewhere. */
export async function castOfRun(
  { strategy: { named, stated, proposed_by } }: KeptRun,
  options: PlayedOptions,
): Promise<PlayedStrategy> {
  const strategy = withEquity(StatedStrategy.parse(stated), options);
  if (proposed_by === undefined) return { strategy, named };
  const { kind, file, sha256 } = proposed_by;
  if (kind === 'module') {
    throw usageError(
      `--run: expected --strategy with the module it was played with (${file}, SHA-256 ${sha256}), got none: a run does not say what code to run (--strategy log makes its proposals again)`,
    );
  }
  const cast = await castOf({ ...options, proposals: file });
  if (cast.proposedBy?.sha256 === sha256) return { ...cast, strategy };
  throw usageError(
    `--run: expected ${file} as it was played, with SHA-256 ${sha256}, got it changed: name one to play`,
  );
}

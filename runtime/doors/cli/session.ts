import type { Redis, RedisOptions } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { inputStreamsOf } from '../../../handlers/contract/streams.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { scanKeys } from '../../desk/decisions/scan.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { type LaneRef, lanesOf } from '../../engine/streams/lanes.ts';
import { connectTo, type RedisAddress } from '../../redis/connection/address.ts';
import { findRedis } from '../../redis/embedded/index.ts';
import { errorText, RedisProblem } from '../../redis/problem.ts';
import { type ActivationLimits, activationEnvironment } from '../../settings/activation-settings.ts';
import { cleanEnvironment, type Environment } from '../../settings/environment.ts';
import { loadSettings } from '../../settings/load.ts';
import { DEFAULT_PREFIX, type Portfolio, portfolioNamed } from '../../settings/portfolio.ts';
import type { RuntimeSettings } from '../../settings/runtime-settings.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import type { CommonOptions } from './options.ts';

/** Settings that say where Redis is and how keys are named; no other may keep an operator from the kill switch. */
const CONNECTION_SETTINGS = [
  'REDIS_URL',
  'REDIS_HOST',
  'REDIS_PORT',
  'REDIS_DB',
  'EMBEDDED_REDIS_PORT',
  'PORTCULLIS_DATA_DIR',
  'LEDGER_KEY_FILE',
  'PORTFOLIOS',
  'STREAM_PLANS',
  'STREAM_RESULTS',
  'STREAM_EVENTS',
  'OUTPUT_PREFIX',
  'GROUP_SUFFIX',
  'PATH',
] as const;

const CONNECT_TIMEOUT_MS = 3_000;

/** A portfolio of a Redis that answered, for the time of one command. */
export interface PortfolioConnection {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  /** How Redis was found, in words. */
  readonly description: string;
  /** Another connection to the same Redis, closed with the session; on a cluster to the node of this portfolio, or of one with another prefix. */
  connect(otherPrefix?: string): Promise<Redis>;
  close(): void;
}

/** Runs a command's work on the one portfolio it is about, and closes every connection whatever comes of it. */
export async function withSession<T>(
  io: Io,
  options: CommonOptions,
  work: (session: PortfolioConnection) => Promise<T>,
): Promise<T> {
  const [prefix = DEFAULT_PREFIX, ...others] = prefixesOf(io.environment, options);
  if (others.length > 0) {
    const known = [prefix, ...others].join(', ');
    throw usageError(`expected --portfolio with one of ${known}, got a command about one portfolio without it`);
  }
  return await onPortfolio(io, options, prefix, work);
}

/** What came of a command's work on several portfolios. */
interface Results<T> {
  readonly results: readonly T[];
  /** Throws what went wrong first, if anything did: to be called once the rest has been shown. */
  readonly throwFirst: () => void;
}

/**
 * Runs a command's work on each portfolio it is about, one after the other: all of `PORTFOLIOS` when it names none.
 * One that fails does not keep it from the others.
 */
export async function withSessions<T>(
  io: Io,
  options: CommonOptions,
  work: (session: PortfolioConnection) => Promise<T>,
): Promise<Results<T>> {
  const results: T[] = [];
  const problems: unknown[] = [];
  for (const prefix of prefixesOf(io.environment, options)) {
    await onPortfolio(io, options, prefix, work).then(
      (result) => void results.push(result),
      (problem: unknown) => void problems.push(problem),
    );
  }
  const throwFirst = () => {
    if (problems.length > 0) throw problems[0];
  };
  if (results.length === 0) throwFirst();
  return { results, throwFirst };
}

async function onPortfolio<T>(
  io: Io,
  options: CommonOptions,
  prefix: string,
  work: (session: PortfolioConnection) => Promise<T>,
): Promise<T> {
  const session = await openSession(io.environment, prefix);
  try {
    if (options.portfolio !== undefined) await requireKnown(io.environment, session);
    return await work(session);
  } catch (error) {
    if (error instanceof Error && /Connection is closed|ECONNRESET|EPIPE/.test(error.message)) {
      throw unavailable(session.description, error);
    }
    throw error;
  } finally {
    session.close();
  }
}

/** Connects to the Redis of the environment; throws with exit code 69 when none answers. */
async function openSession(environment: Environment, prefix: string): Promise<PortfolioConnection> {
  const settings = await withInputs(settingsFor(environment, prefix));
  const found = await findRedis(settings.redis);
  const open: Redis[] = [];
  const connect = async (otherPrefix = prefix) => {
    const redis = await connected(found.address, found.description, otherPrefix);
    open.push(redis);
    return redis;
  };
  const redis = await connect();
  const named = portfolioNamed(prefix, settings.streamOverrides, settings);
  const simulatedClock = (await redis.exists(named.key(runtimeKeys.simulatedClock))) === 1;
  return {
    redis,
    connect,
    description: found.description,
    portfolio: portfolioNamed(prefix, settings.streamOverrides, { ...settings, simulatedClock }),
    close: () => {
      for (const client of open) client.disconnect();
    },
  };
}

/** Beside another system, what gates read of other programs has another prefix than what is ours: the gates say which that is. */
async function withInputs(settings: RuntimeSettings): Promise<RuntimeSettings> {
  if (settings.outputPrefix === undefined) return settings;
  return { ...settings, inputStreams: inputStreamsOf(await loadHandlers()) };
}

/** What is kept apart of another system is of the portfolios that `PORTFOLIOS` names, and of no other. */
function settingsFor(environment: Environment, prefix: string): RuntimeSettings {
  const own = { ...environment, PORTFOLIOS: prefix };
  if (connectionSettings(environment).portfolios.includes(prefix)) return connectionSettings(own);
  return connectionSettings({ ...own, OUTPUT_PREFIX: undefined, GROUP_SUFFIX: undefined });
}

/** The prefixes a command is about: the one that `--portfolio` names, else those of `PORTFOLIOS`. */
function prefixesOf(environment: Environment, options: CommonOptions): readonly string[] {
  return options.portfolio === undefined
    ? connectionSettings(environment).portfolios
    : settingsFor(environment, options.portfolio).portfolios;
}

/** A prefix that was typed wrong must not look like a portfolio without anything, nor have its switches set. */
async function requireKnown(
  environment: Environment,
  { redis, portfolio: { prefix } }: PortfolioConnection,
): Promise<void> {
  const known = connectionSettings(environment).portfolios;
  if (known.includes(prefix)) return;
  for await (const _keys of scanKeys(redis, `${prefix}:`)) return;
  throw usageError(
    `--portfolio: expected ${known.join(', ')} (of PORTFOLIOS), or a prefix that has keys in this Redis, got ${prefix}`,
  );
}

/** The settings that say where Redis is and how keys are named; throws a `SettingsError` for one that is wrong. */
export function connectionSettings(environment: Environment): RuntimeSettings {
  const chosen: Record<string, string | undefined> = {};
  for (const name of CONNECTION_SETTINGS) chosen[name] = environment[name];
  return loadSettings(chosen, []).runtime;
}

/** What an activation asks by this environment; throws a `SettingsError` for a limit that is wrong. */
export function activationLimitsIn(environment: Environment): ActivationLimits {
  const names = Object.keys(activationEnvironment);
  return loadSettings(Object.fromEntries(names.map((name) => [name, environment[name]])), []).runtime.activation;
}

/** The lanes of all handlers on this portfolio, by the names the environment gives their streams and groups. */
export function lanesIn(environment: Environment, portfolio: Portfolio, handlers: readonly AnyHandler[]): LaneRef[] {
  const settings = cleanEnvironment(environment);
  return lanesOf(handlers, portfolio, ({ on }) => {
    if (on.kind !== 'stream' || portfolio.prefix !== DEFAULT_PREFIX) return {};
    const said = (name: string | undefined) => (name === undefined ? undefined : settings[name]);
    const stream = said(on.overrides?.stream);
    const group = said(on.overrides?.group);
    return { ...(stream !== undefined && { stream }), ...(group !== undefined && { group }) };
  });
}

/** A connection to a Redis that was found; throws a `RedisProblem` when it does not answer. */
export async function connected(
  address: RedisAddress,
  description: string,
  prefix: string,
  more: RedisOptions = {},
): Promise<Redis> {
  const options: RedisOptions = {
    ...more,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
  const redis = connectTo(address, options, prefix);
  let cause: Error | undefined;
  redis.on('error', (error: Error) => {
    cause = error;
  });
  try {
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw unavailable(description, cause ?? error);
  }
}

function unavailable(description: string, cause: unknown): RedisProblem {
  return new RedisProblem(
    `expected Redis at ${description} to answer, got ${errorText(cause)}. Start it, or correct REDIS_URL`,
  );
}

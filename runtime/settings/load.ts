import type { z } from 'zod';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { inputStreamsOf } from '../../handlers/contract/streams.ts';
import { type FeedName, feedOfHandler } from '../../schemas/feed.ts';
import { readBarePorts } from './bare-ports.ts';
import { besideProblems, relationProblems } from './checks.ts';
import { isUnbuiltLimit, otherGateWarnings, readDroppedLimits } from './dropped-limits.ts';
import { cleanEnvironment, type Environment } from './environment.ts';
import { type FeedSettings, readFeedSettings } from './feed-settings.ts';
import { type InitialMode, readModes } from './modes.ts';
import { nearestName } from './nearest-name.ts';
import { DEFAULT_PREFIX } from './portfolio.ts';
import { listenersOf, portsOf } from './ports.ts';
import { riskWarnings } from './risk-warnings.ts';
import { RuntimeEnvironment, type RuntimeSettings, type RuntimeValues, runtimeSettingsOf } from './runtime-settings.ts';
import { unfedLimits } from './unfed-limits.ts';

const OURS = /^(?:P26|P27|P28|GOV)_/;
/** Settings of the originals whose time has not come here; a value of theirs changes nothing. */
const NOT_YET: Readonly<Record<string, string>> = {
  HEAT_GATE_METRICS_URL: "the risk governor uses this system's own heat",
};

/** Everything the environment says, checked as a whole. */
export interface LoadedSettings {
  readonly runtime: RuntimeSettings;
  readonly feeds: FeedSettings;
  /** The environment's texts by name, cleaned: what a policy's settings stand before. */
  readonly texts: Readonly<Record<string, string>>;
  /** Parsed settings of each handler, by its name. */
  readonly handlers: ReadonlyMap<string, unknown>;
  /** The mode each gate starts in, by the gate's name. */
  readonly modes: ReadonlyMap<string, InitialMode>;
  /** Limits of the originals that are set, not in force, and accepted as that: `NAME=value` each. */
  readonly droppedLimits: readonly string[];
  /** What is odd but stops nothing, one line each. */
  readonly warnings: readonly string[];
}

/** Settings that cannot be used, with all that is wrong with them: one line each, naming the setting. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  /** What is odd besides, one line each. */
  readonly warnings: readonly string[];

  constructor(problems: readonly string[], warnings: readonly string[]) {
    super(problems.length === 1 ? problems[0] : `${problems.length} settings are wrong:\n  ${problems.join('\n  ')}`);
    this.name = 'SettingsError';
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** Reads the settings of the process and of these handlers, or throws a `SettingsError` that lists every problem. */
export function loadSettings(env: Environment, handlers: readonly AnyHandler[]): LoadedSettings {
  const warnings: string[] = [];
  const problems: string[] = [];
  const settings = readable(env, handlers, warnings);
  const values = parsed(RuntimeEnvironment, settings, problems);
  const ports = portsOf(settings, handlers, problems);
  const byHandler = new Map(
    handlers.map((handler) => [handler.name, parsed(handler.settings, settings, problems)] as const),
  );
  const modes = readModes(settings, handlers, problems);
  if (values !== undefined) {
    problems.push(...relationProblems(values, ports, handlers));
    warnings.push(...withoutTheirPortfolio(settings, handlers, values.PORTFOLIOS));
  }
  const feeds = readFeedSettings(settings, values?.PORTFOLIOS ?? [], { problems, warnings });
  if (values !== undefined) problems.push(...besideProblems(values, feeds.feeds));
  warnings.push(...riskWarnings(settings, feeds.feeds));
  const droppedLimits = runsGate('governor', values, handlers)
    ? readDroppedLimits(settings, values?.GOV_ACCEPT_DROPPED ?? [], { problems, warnings })
    : [];
  if (runsGate('governor', values, handlers)) problems.push(...unfedLimits(settings, feeds.feeds));
  if (runsGate('heat-gate', values, handlers)) warnings.push(...otherGateWarnings(settings));
  warnings.push(...unknownNames(settings, handlers), ...namesBeforeTheirTime(settings));
  if (values === undefined || problems.length > 0) throw new SettingsError([...new Set(problems)], warnings);
  const runtime = runtimeSettingsOf(values, redisUrlOf(values, settings), {
    inputStreams: inputStreamsOf(handlers),
    ports,
  });
  return { runtime, feeds, texts: settings, handlers: byHandler, modes, droppedLimits, warnings };
}

/** The handlers that `GATES` names (by gate or by handler), all when it names none; those of feeds that are off are left out. */
export function handlersToRun(
  gates: readonly string[],
  handlers: readonly AnyHandler[],
  feeds: readonly FeedName[] = [],
): readonly AnyHandler[] {
  const on = handlers.filter((handler) => isOn(handler, feeds));
  if (gates.length === 0) return on;
  return on.filter((handler) => gates.includes(handler.gate) || gates.includes(handler.name));
}

/** The handlers without those of feeds that an environment does not configure. */
export function withoutUnusedFeeds(env: Environment, handlers: readonly AnyHandler[]): readonly AnyHandler[] {
  const settings = cleanEnvironment(env);
  const portfolios = (settings.PORTFOLIOS ?? 'quantum').split(',').map((prefix) => prefix.trim());
  return handlersToRun([], handlers, readFeedSettings(settings, portfolios, { problems: [], warnings: [] }).feeds);
}

function runsGate(gate: string, values: RuntimeValues | undefined, handlers: readonly AnyHandler[]): boolean {
  return handlersToRun(values?.GATES ?? [], handlers).some((handler) => handler.gate === gate);
}

function isOn(handler: AnyHandler, feeds: readonly FeedName[]): boolean {
  const feed = feedOfHandler(handler.name);
  return feed === undefined || feeds.includes(feed);
}

function readable(
  env: Environment,
  handlers: readonly AnyHandler[],
  warnings: string[],
): Readonly<Record<string, string>> {
  const settings: Record<string, string> = { ...cleanEnvironment(env) };
  if (settings.REDIS_PORT?.startsWith('tcp://')) {
    warnings.push(`REDIS_PORT=${settings.REDIS_PORT} is ignored: Kubernetes sets it for a service called redis`);
    delete settings.REDIS_PORT;
  }
  const gates = (settings.GATES ?? '').split(',').map((gate) => gate.trim());
  const named = gates.filter((gate) => gate !== '');
  return readBarePorts(settings, named, { handlers, warnings });
}

function parsed<T>(
  schema: z.ZodType<T>,
  settings: Readonly<Record<string, string>>,
  problems: string[],
): T | undefined {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    problems.push(issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`);
  }
  return undefined;
}

function redisUrlOf(values: RuntimeValues, settings: Readonly<Record<string, string>>): string | undefined {
  if (values.REDIS_URL !== undefined) return values.REDIS_URL;
  const said = ['REDIS_HOST', 'REDIS_PORT', 'REDIS_DB'].some((name) => settings[name] !== undefined);
  if (!said) return undefined;
  const host = values.REDIS_HOST ?? '127.0.0.1';
  return `redis://${host.includes(':') ? `[${host}]` : host}:${values.REDIS_PORT}/${values.REDIS_DB}`;
}

function unknownNames(settings: Readonly<Record<string, string>>, handlers: readonly AnyHandler[]): string[] {
  const known = knownSettings(handlers);
  return Object.keys(settings)
    .filter((name) => OURS.test(name) && !known.has(name) && !isUnbuiltLimit(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is not a setting and changes nothing${nearest === undefined ? '' : `: did you mean ${nearest}?`}`;
    });
}

/** Every setting name that means something to the process or to one of these handlers. */
export function knownSettings(handlers: readonly AnyHandler[]): ReadonlySet<string> {
  return new Set([
    ...Object.keys(RuntimeEnvironment.shape),
    ...listenersOf(handlers).map(({ setting }) => setting),
    ...handlers.flatMap((handler) => [...handler.settingNames, ...(handler.modes?.settings ?? [])]),
    ...handlers.flatMap((handler) => (handler.on.kind === 'stream' ? Object.values(handler.on.overrides ?? {}) : [])),
  ]);
}

/** Settings that rename something of the default portfolio, where that is not served. */
function withoutTheirPortfolio(
  settings: Readonly<Record<string, string>>,
  handlers: readonly AnyHandler[],
  prefixes: readonly string[],
): string[] {
  if (prefixes.includes(DEFAULT_PREFIX)) return [];
  const renaming = handlers.flatMap(({ on }) => (on.kind === 'stream' ? Object.values(on.overrides ?? {}) : []));
  return ['STREAM_PLANS', 'STREAM_RESULTS', 'STREAM_EVENTS', ...renaming]
    .filter((name) => settings[name] !== undefined)
    .map(
      (name) => `${name} changes nothing: it speaks of the portfolio ${DEFAULT_PREFIX}, which PORTFOLIOS does not name`,
    );
}

function namesBeforeTheirTime(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(NOT_YET)
    .filter(([name]) => settings[name] !== undefined)
    .map(([name, instead]) => `${name} is not supported yet and changes nothing: ${instead}`);
}

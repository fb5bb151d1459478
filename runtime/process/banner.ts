import type { RunningHttp } from '../doors/http/server.ts';
import { whyWithoutModes } from '../engine/policy/modal-gates.ts';
import type { Runtime } from '../engine/status/types.ts';
import type { OpenRedis } from '../redis/embedded/index.ts';
import { DEFAULT_PREFIX, type Portfolio } from '../settings/portfolio.ts';
import type { TokenPlace } from './made-token.ts';

/** What a first run shows. */
export interface FirstRun {
  readonly runtime: Runtime;
  readonly http: RunningHttp;
  readonly redis: OpenRedis;
  readonly token: TokenPlace;
  /** Limits of the originals that are not in force, `NAME=value` each. */
  readonly droppedLimits: readonly string[];
  /** What gates leave out in their modes, a line of words each. */
  readonly skips: readonly string[];
  /** A one-time link into the console, on a terminal alone; `undefined` where there is none. */
  readonly link: string | undefined;
}

const IN_WORDS: Readonly<Record<string, string>> = {
  shadow: 'SHADOW: decides and reports, changes nothing',
  enforce: 'ENFORCE: its decisions are acted on',
  testnet: 'TESTNET: caps and cooldown hold',
  production: 'PRODUCTION: every gate holds',
  dry_run: 'DRY RUN: says what it would do',
};

/** The lines a start prints once everything runs: modes in words, addresses, the Redis, and how to stop. */
export function firstLines({ runtime, http, redis, token, link, droppedLimits, skips }: FirstRun): string[] {
  const main = http.addresses.find((address) => address.role === 'http')?.url;
  return [
    '',
    'Portcullis is running.',
    ...modes(runtime),
    ...skips.map((text) => `  MODE SKIPS     ${text}`),
    ...droppedLimits.map((limit) => `  NOT IN FORCE   ${limit}: no cap blocks a close here (GOV_ACCEPT_DROPPED)`),
    '',
    ...(main === undefined ? ['  HTTP      off'] : httpLines({ runtime, http, token, link }, main)),
    ...redisLines(redis),
    '  status    npx portcullis status      (npx portcullis --help lists the rest)',
    '',
    'Ctrl-C stops everything.',
    '',
  ];
}

function modes(runtime: Runtime): string[] {
  const prefixes = runtime.portfolios.map(({ prefix }) => prefix);
  const served = prefixes.length > 1 ? [`  portfolios     ${prefixes.join(', ')}`] : [];
  const gates = [...new Set(runtime.handlers.map((handler) => handler.gate))];
  return [...served, ...runtime.portfolios.flatMap(besideLines), ...gates.flatMap((gate) => modeLines(runtime, gate))];
}

function besideLines({ prefix, outputPrefix, group }: Portfolio): string[] {
  if (outputPrefix === prefix) return [];
  return [`  beside         reads ${prefix}:, writes ${outputPrefix}: alone, its groups end with ${group('')}`];
}

/** One line where the gate is in the same mode on all portfolios, else one for each. */
function modeLines(runtime: Runtime, gate: string): string[] {
  const byPortfolio = runtime.portfolios.map((portfolio) => [portfolio.prefix, runtime.mode(portfolio, gate)] as const);
  const differ = new Set(byPortfolio.map(([, mode]) => mode)).size > 1;
  const shown = differ ? byPortfolio : byPortfolio.slice(0, 1);
  const why = whyWithoutModes(runtime.handlers, gate);
  const without = why === undefined ? 'no modes' : `no modes: ${why}`;
  return shown.map(([prefix, mode]) => {
    const inWords = mode === '' ? without : (IN_WORDS[mode] ?? mode);
    return `  ${gate.padEnd(14)} ${differ ? `${prefix}: ` : ''}${inWords}`;
  });
}

function httpLines(
  { runtime, http, token, link }: Omit<FirstRun, 'redis' | 'droppedLimits' | 'skips'>,
  main: string,
): string[] {
  const others = http.addresses
    .filter(({ serves }) => serves?.includes('metrics') === true)
    .map((address) => address.url.split(':').at(-1));
  return [
    ...consoleLines(main, link, runtime.portfolios[0]?.prefix ?? DEFAULT_PREFIX),
    `  metrics   ${main}/metrics${others.length === 0 ? '' : `     (and on ports ${others.join(', ')})`}`,
    `  health    ${main}/healthz  ${main}/readyz`,
    `  queues    ${main}/queues`,
    tokenLine(token),
  ];
}

/** How somebody gets into the console: by the link, later by another one or the token. `main` is the address of the main listener. */
export function consoleLines(main: string, link: string | undefined, prefix: string): string[] {
  const named = prefix === DEFAULT_PREFIX ? '' : ` --portfolio ${prefix}`;
  if (link === undefined) {
    return [
      `  console   ${main}/console/`,
      `            (npx portcullis console${named} prints a link that opens it, or sign in with the token)`,
    ];
  }
  return [
    `  console   ${link}`,
    `            (opens once, within 10 minutes; npx portcullis console${named} prints another,`,
    `            or sign in at ${main}/console/ with the token)`,
  ];
}

/** The operator's token, or where it is. */
export function tokenLine(place: TokenPlace): string {
  const keep = 'new at every start: set ADMIN_TOKEN to keep one';
  if (place.at === 'environment') return '  token     the one in ADMIN_TOKEN';
  if (place.at === 'terminal') return `  token     ${place.token}     (for changes and the console; ${keep})`;
  if (place.at === 'file')
    return `  token     in ${place.path}     (npx portcullis console opens the console; ${keep})`;
  return '  token     in no place you can read: set ADMIN_TOKEN (npx portcullis console opens the console)';
}

function redisLines(redis: OpenRedis): string[] {
  if (!redis.embedded) return [`  Redis     ${redis.description}`];
  return [
    '  Redis     npx portcullis redis-cli',
    `            (other programs: REDIS_URL, with its password, is the line in ${redis.urlFile})`,
    `  data      ${redis.dataFolder}     (kept on disk)`,
  ];
}

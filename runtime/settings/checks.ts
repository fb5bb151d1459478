import { isIP } from 'node:net';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { alternatives, quoted } from '../../schemas/setting.ts';
import { alertProblems } from './alert-settings.ts';
import { listenersOf, type Ports } from './ports.ts';
import type { RuntimeValues } from './runtime-settings.ts';
import { readSeveralServers, withoutLogin } from './several-servers.ts';
import { traderProblems } from './traders.ts';

/**
 * At most one pair of braces, around something: Redis Cluster places keys by what is inside the first. The scratch
 * portfolio of a proof is inside its portfolio's own prefix.
 */
const PREFIX = /^(?!$|:)[\w.-]*(?:\{[\w.-]+\}[\w.-]*)?(?::prove-[0-9a-f]{12})?$/;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/i;
/** The least a token has where others than programs of this machine can guess it. */
const LEAST_TOKEN = 16;
const ALLOWED_HOST = /^\w(?:[\w.-]*[\w.])?$/;
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** Whether only programs of this machine reach a listener on this host. */
function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** What is wrong with running beside another system (contract §6): outputs and groups are kept apart together, and inputs are only read. */
export function besideProblems(values: RuntimeValues, feeds: readonly string[]): string[] {
  const { OUTPUT_PREFIX: output, GROUP_SUFFIX: suffix, PORTFOLIOS: portfolios } = values;
  if (output === undefined && suffix === undefined) return [];
  if (output === undefined) {
    return [
      'OUTPUT_PREFIX: expected a prefix beside GROUP_SUFFIX, got none: two systems would answer under the same keys',
    ];
  }
  const writesInputs = [
    ...(feeds.length > 0 ? ['FEEDS: expected off'] : []),
    ...(values.TRIM_INPUTS ? ['TRIM_INPUTS: expected false'] : []),
    ...(values.P28_TEST_MODE ? ['P28_TEST_MODE: expected false'] : []),
  ];
  return [
    ...(suffix === undefined
      ? [
          'GROUP_SUFFIX: expected one beside OUTPUT_PREFIX, got none: two systems would share the entries of each stream',
        ]
      : []),
    ...(PREFIX.test(output) && !portfolios.includes(output)
      ? []
      : [`OUTPUT_PREFIX: expected a prefix that is no portfolio's, without blanks and ":", got ${quoted(output)}`]),
    ...(portfolios.length === 1 ? [] : ['OUTPUT_PREFIX: expected one portfolio in PORTFOLIOS, got several']),
    ...writesInputs.map((line) => `${line} beside OUTPUT_PREFIX, because the inputs belong to the other system`),
  ];
}

/** What is wrong with the settings of the process taken together; each a line that names the setting. */
export function relationProblems(values: RuntimeValues, ports: Ports, handlers: readonly AnyHandler[]): string[] {
  return [
    ...redisUrlProblems(values.REDIS_URL),
    ...streamProblems(values),
    ...hostProblems(values),
    ...allowedHostProblems(values.ALLOWED_HOSTS),
    ...tokenProblems(values),
    ...shortTokenProblems(values),
    ...ownTokenProblems(values),
    ...samePortProblems(ports, handlers),
    ...alertProblems(values),
    ...gateProblems(values.GATES, handlers),
    ...portfolioProblems(values.PORTFOLIOS),
  ];
}

function ownTokenProblems(values: RuntimeValues): string[] {
  const { PORTFOLIOS: portfolios, TRADER_TOKENS: traders, AGENT_TOKENS: agents } = values;
  const leastToken = values.HTTP_PORT === 0 || isLoopback(values.HTTP_HOST) ? 1 : LEAST_TOKEN;
  const others = [values.ADMIN_TOKEN, values.VIEWER_TOKEN].filter((token) => token !== undefined);
  const withTraders = [...others, ...traders.map(({ token }) => token)];
  return [
    ...traderProblems('TRADER_TOKENS', traders, { portfolios, others, leastToken }),
    ...traderProblems('AGENT_TOKENS', agents, { portfolios, others: withTraders, leastToken }),
  ];
}

function redisUrlProblems(url: string | undefined): string[] {
  if (url === undefined || /^(?:\/|unix:\/\/)/.test(url)) return [];
  if (/^rediss?:\/\//.test(url) && URL.canParse(url)) return databaseProblems(new URL(url).pathname);
  if (readSeveralServers(url) !== undefined) return [];
  return [
    'REDIS_URL: expected redis://host:port, rediss://host:port, redis+cluster://host:port,host:port, ' +
      `redis+sentinel://host:port,host:port/name or the path of a unix socket, got ${quoted(withoutLogin(url))}`,
  ];
}

function databaseProblems(path: string): string[] {
  if (/^\/?\d*$/.test(path)) return [];
  return [`REDIS_URL: expected the number of a database behind the port, got ${quoted(path.slice(1))}`];
}

/** A governor whose events are its plans would judge its own verdicts for ever. */
function streamProblems(values: RuntimeValues): string[] {
  const named = [
    ['STREAM_PLANS', values.STREAM_PLANS ?? 'quantum:stream:apply.plan'],
    ['STREAM_RESULTS', values.STREAM_RESULTS ?? 'quantum:stream:apply.result'],
    ['STREAM_EVENTS', values.STREAM_EVENTS ?? 'quantum:stream:governor.events'],
  ] as const;
  return named.flatMap(([name, key], at) => {
    const other = named.slice(0, at).find(([, before]) => before === key)?.[0];
    return other === undefined ? [] : [`${name}: expected a stream of its own, got ${quoted(key)}, which is ${other}`];
  });
}

function hostProblems(values: RuntimeValues): string[] {
  const host = values.HTTP_HOST;
  if (isIP(host) === 0 && !HOST_NAME.test(host)) {
    return [`HTTP_HOST: expected an address or a host name, got ${quoted(host)}`];
  }
  if (values.HTTP_PORT === 0 || isLoopback(host) || values.ADMIN_TOKEN !== undefined) return [];
  return [
    `ADMIN_TOKEN: expected a token when HTTP_HOST is ${host}, got none: whoever reaches that address could ` +
      'change the state of the gates. Set ADMIN_TOKEN, or HTTP_HOST=127.0.0.1',
  ];
}

function tokenProblems({ ADMIN_TOKEN, VIEWER_TOKEN }: RuntimeValues): string[] {
  if (VIEWER_TOKEN === undefined || VIEWER_TOKEN !== ADMIN_TOKEN) return [];
  return ['VIEWER_TOKEN: expected a token of its own, got the one of ADMIN_TOKEN: a viewer could change everything'];
}

function shortTokenProblems(values: RuntimeValues): string[] {
  const host = values.HTTP_HOST;
  if (values.HTTP_PORT === 0 || isLoopback(host)) return [];
  return (['ADMIN_TOKEN', 'VIEWER_TOKEN'] as const).flatMap((name) => {
    const { length = LEAST_TOKEN } = values[name] ?? {};
    if (length >= LEAST_TOKEN) return [];
    const expected = `expected at least ${LEAST_TOKEN} characters when HTTP_HOST is ${host}, got ${length}`;
    return [`${name}: ${expected}: a short one can be guessed. Make one with: openssl rand -hex 24`];
  });
}

function allowedHostProblems(names: readonly string[]): string[] {
  return names
    .filter((name) => !ALLOWED_HOST.test(name))
    .map((name) => `ALLOWED_HOSTS: expected a comma list of host names without ports, got ${quoted(name)}`);
}

function samePortProblems(ports: Ports, handlers: readonly AnyHandler[]): string[] {
  const takenBy = new Map<number, string>();
  const problems: string[] = [];
  for (const { role, setting } of listenersOf(handlers)) {
    const port = ports[role] ?? 0;
    const other = takenBy.get(port);
    if (port !== 0 && other !== undefined) {
      problems.push(`${setting}: expected a port of its own, got ${port}, which is ${other} already`);
    }
    takenBy.set(port, setting);
  }
  return problems;
}

function gateProblems(gates: readonly string[], handlers: readonly AnyHandler[]): string[] {
  const known = new Set(handlers.flatMap((handler) => [handler.gate, handler.name]));
  const names = [...new Set(handlers.map((handler) => handler.gate))].sort();
  return gates
    .filter((gate) => !known.has(gate))
    .map((gate) => `GATES: expected a comma list of ${alternatives(names)}, got ${quoted(gate)}`);
}

function portfolioProblems(prefixes: readonly string[]): string[] {
  return prefixes.flatMap((prefix, at) => {
    if (prefix === '') return [`PORTFOLIOS: expected a prefix between the commas, got none at place ${at + 1}`];
    if (!PREFIX.test(prefix)) {
      return [
        `PORTFOLIOS: expected letters, digits, "_", "." and "-", with at most one {hash tag}, got ${quoted(prefix)}`,
      ];
    }
    return prefixes.indexOf(prefix) === at
      ? []
      : [`PORTFOLIOS: expected each prefix once, got ${quoted(prefix)} twice: its keys would be those of both`];
  });
}

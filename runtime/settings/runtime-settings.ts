import { isIP } from 'node:net';
import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import { DAY_MS } from '../../schemas/duration.ts';
import { type LogLevel, logLevelSetting } from '../../schemas/log-level.ts';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  listSetting,
  numberAboveSetting,
  optionalNameSetting,
  optionalTextSetting,
  portSetting,
  setting,
  textSetting,
} from '../../schemas/setting.ts';
import { type ActivationLimits, activationEnvironment, activationLimitsOf } from './activation-settings.ts';
import { type AlertSettings, alertEnvironment, alertSettingsOf } from './alert-settings.ts';
import { feedEnvironment } from './feed-settings.ts';
import { DEFAULT_PREFIX, type PolicyForeign, policyForeignRules } from './portfolio.ts';
import { MAIN, type Ports } from './ports.ts';
import { type TraderToken, traderTokensSetting } from './traders.ts';

/** Where package managers put programs that a user's PATH may leave out. */
const FURTHER_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin'];

function networksSetting() {
  return setting<readonly string[]>(
    'a comma list of addresses and networks, such as 127.0.0.1, 10.0.0.0/8',
    [],
    (text) => {
      const networks = text.split(',').map((one) => one.trim());
      return networks.every(isNetwork) ? networks : undefined;
    },
  );
}

function urlSetting() {
  return setting('a URL such as http://127.0.0.1:8040', 'http://127.0.0.1:8040', (text) =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text.replace(/\/+$/, '') : undefined,
  );
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '0', more] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

/** The settings of the process itself by their names in the environment (contract §6). */
export const RuntimeEnvironment = z.object({
  REDIS_URL: optionalTextSetting(),
  REDIS_HOST: optionalTextSetting(),
  REDIS_PORT: integerSetting(1, 65_535, 6379),
  REDIS_DB: integerSetting(0, 65_535, 0),
  EMBEDDED_REDIS_PORT: portSetting(6380),
  PORTCULLIS_DATA_DIR: textSetting('.portcullis'),
  PORTCULLIS_NO_INSTALL: booleanSetting(false),
  HTTP_HOST: textSetting('127.0.0.1'),
  HTTP_PORT: portSetting(MAIN.initial),
  GATES: listSetting([]),
  ADMIN_TOKEN: optionalNameSetting(),
  VIEWER_TOKEN: optionalNameSetting(),
  TRADER_TOKENS: traderTokensSetting(),
  AGENT_TOKENS: traderTokensSetting(),
  MCP_ALLOW_KILL: booleanSetting(false),
  MCP_URL: urlSetting(),
  MCP_TOKEN: optionalNameSetting(),
  MCP_HTTP_TOKEN: optionalNameSetting(),
  CONSOLE_READ_ONLY: booleanSetting(false),
  TRUSTED_PROXIES: networksSetting(),
  ALLOWED_HOSTS: listSetting([]),
  LOG_LEVEL: logLevelSetting('info'),
  PORTFOLIOS: setting('a comma list', [DEFAULT_PREFIX], (text) => text.split(',').map((prefix) => prefix.trim())),
  METRICS_PORTFOLIOS: integerSetting(1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  STREAM_MAX_AGE_DAYS: numberAboveSetting(0, 36_500, 7),
  STREAM_MAX_LEN: integerSetting(1, Number.MAX_SAFE_INTEGER, 200_000),
  TRIM_INPUTS: booleanSetting(false),
  DECISION_FACTS: setting<'shared' | 'inline' | undefined>('shared or inline', undefined, (text) =>
    text === 'shared' || text === 'inline' ? text : undefined,
  ),
  LEDGER_KEY_FILE: optionalTextSetting(),
  LEDGER_ANCHOR_URL: setting<string | undefined>(
    'an address that begins with http:// or https://',
    undefined,
    (text) => (/^https?:\/\/[^\s/]+/.test(text) && URL.canParse(text) ? text : undefined),
  ),
  POLICY_FOREIGN: choiceSetting(policyForeignRules, 'hold'),
  GOV_ACCEPT_DROPPED: listSetting([]),
  OUTPUT_PREFIX: optionalNameSetting(),
  GROUP_SUFFIX: optionalNameSetting(),
  STREAM_PLANS: optionalNameSetting(),
  STREAM_RESULTS: optionalNameSetting(),
  STREAM_EVENTS: optionalNameSetting(),
  P28_TEST_MODE: booleanSetting(false),
  ...{ ...activationEnvironment, ...alertEnvironment, ...feedEnvironment },
  NOTIFY_SOCKET: optionalTextSetting(),
  WATCHDOG_USEC: integerSetting(0, Number.MAX_SAFE_INTEGER, 0),
  PATH: textSetting('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
});

/** The parsed values of `RuntimeEnvironment`. */
export type RuntimeValues = z.output<typeof RuntimeEnvironment>;

/** What decides which Redis is used, and what may be done to get one. */
export interface RedisSettings {
  /** The Redis that was asked for; `undefined`: one of our own. */
  readonly url: string | undefined;
  /** Port of our own Redis on 127.0.0.1; 0 means its unix socket alone. */
  readonly embeddedPort: number;
  /** Absolute path of the folder that keeps the data of our own Redis. */
  readonly dataFolder: string;
  /** Whether a missing redis-server may be installed. */
  readonly mayInstall: boolean;
  /** Folders that are searched for programs. */
  readonly searchPath: readonly string[];
}

/** Where the heads of the ledgers are kept outside Redis. */
export interface LedgerSettings {
  /** Absolute path of the folder of their files. */
  readonly folder: string;
  /** Path of the file with the key they are marked with; undefined: without. */
  readonly keyFile: string | undefined;
  /** Address to which each is sent as well. */
  readonly url: string | undefined;
}

/** The settings of the process itself, ready for use. */
export interface RuntimeSettings {
  readonly redis: RedisSettings;
  readonly ledger: LedgerSettings;
  readonly httpHost: string;
  readonly ports: Ports;
  /** Names of the gates (or handlers) this process runs; empty: all. */
  readonly gates: readonly string[];
  readonly adminToken: string | undefined;
  readonly viewerToken: string | undefined;
  readonly traderTokens: readonly TraderToken[];
  /** Whether a token of an agent may turn the kill switch on. */
  readonly agentsMayKill: boolean;
  /** What `portcullis mcp` speaks to, and with. */
  readonly mcp: McpSettings;
  /** Whether nobody may change anything through a session of the console. */
  readonly consoleReadOnly: boolean;
  /** Addresses and networks of proxies that say truly who asks. */
  readonly trustedProxies: readonly string[];
  /** Names by which this process may be asked, beside `httpHost`. */
  readonly allowedHosts: readonly string[];
  readonly logLevel: LogLevel;
  /** Prefixes of the portfolios this process serves, the one meant where none is named first. */
  readonly portfolios: readonly string[];
  /** With more portfolios than so many, metrics are of all together. */
  readonly metricsPortfolios: number;
  readonly streamMaxAgeMs: number;
  readonly streamMaxLen: number;
  readonly trimInputs: boolean;
  /** How the log keeps facts that many decisions share; undefined: as the data have it. */
  readonly decisionFacts: 'shared' | 'inline' | undefined;
  /** What becomes of a mode or limits that somebody wrote past Portcullis. */
  readonly policyForeign: PolicyForeign;
  /** What an activation asks of its evidence, and what its watch allows. */
  readonly activation: ActivationLimits;
  /** Stream name → whole key, for the default portfolio (`STREAM_PLANS`, `STREAM_RESULTS`, `STREAM_EVENTS`). */
  readonly streamOverrides: Readonly<Record<string, string>>;
  /** Prefix of what is written, and end of the groups' names, beside another system on the same inputs; else undefined. */
  readonly outputPrefix: string | undefined;
  readonly groupSuffix: string | undefined;
  /** Streams that other programs write for the handlers there are. */
  readonly inputStreams: readonly string[];
  readonly p28TestMode: boolean;
  /** Where problems are told of; undefined: nowhere. */
  readonly alerts: AlertSettings | undefined;
  readonly supervision: Supervision;
}

/** Where `portcullis mcp` finds the running system, and who it is there. */
export interface McpSettings {
  readonly url: string;
  readonly token: string | undefined;
  /** What a client of its own HTTP has to present. */
  readonly httpToken: string | undefined;
}

/** What systemd says to a service of the type `notify`. */
export interface Supervision {
  /** Whether it waits to be told that the service is ready. */
  readonly notified: boolean;
  /** Milliseconds without a sign of life after which it kills the service; 0: never. */
  readonly watchdogMs: number;
}

/** The settings in the shape the process uses. `redisUrl` is what `chosenRedis` decided. */
export function runtimeSettingsOf(
  values: RuntimeValues,
  redisUrl: string | undefined,
  { inputStreams, ports }: Pick<RuntimeSettings, 'inputStreams' | 'ports'>,
): RuntimeSettings {
  return {
    redis: {
      url: redisUrl,
      embeddedPort: values.EMBEDDED_REDIS_PORT,
      dataFolder: resolve(values.PORTCULLIS_DATA_DIR),
      mayInstall: !values.PORTCULLIS_NO_INSTALL,
      searchPath: [...values.PATH.split(delimiter).filter((folder) => folder !== ''), ...FURTHER_FOLDERS],
    },
    ledger: {
      folder: resolve(values.PORTCULLIS_DATA_DIR),
      keyFile: values.LEDGER_KEY_FILE,
      url: values.LEDGER_ANCHOR_URL,
    },
    httpHost: values.HTTP_HOST,
    ports,
    gates: values.GATES,
    adminToken: values.ADMIN_TOKEN,
    viewerToken: values.VIEWER_TOKEN,
    traderTokens: [...values.TRADER_TOKENS, ...values.AGENT_TOKENS.map((one) => ({ ...one, agent: true as const }))],
    agentsMayKill: values.MCP_ALLOW_KILL,
    mcp: { url: values.MCP_URL, token: values.MCP_TOKEN, httpToken: values.MCP_HTTP_TOKEN },
    consoleReadOnly: values.CONSOLE_READ_ONLY,
    trustedProxies: values.TRUSTED_PROXIES,
    allowedHosts: values.ALLOWED_HOSTS,
    logLevel: values.LOG_LEVEL,
    portfolios: values.PORTFOLIOS,
    metricsPortfolios: values.METRICS_PORTFOLIOS,
    streamMaxAgeMs: values.STREAM_MAX_AGE_DAYS * DAY_MS,
    streamMaxLen: values.STREAM_MAX_LEN,
    trimInputs: values.TRIM_INPUTS,
    decisionFacts: values.DECISION_FACTS,
    policyForeign: values.POLICY_FOREIGN,
    activation: activationLimitsOf(values),
    streamOverrides: streamOverridesOf(values),
    outputPrefix: values.OUTPUT_PREFIX,
    groupSuffix: values.GROUP_SUFFIX,
    inputStreams,
    p28TestMode: values.P28_TEST_MODE,
    alerts: alertSettingsOf(values),
    supervision: { notified: values.NOTIFY_SOCKET !== undefined, watchdogMs: values.WATCHDOG_USEC / 1000 },
  };
}

function streamOverridesOf(values: RuntimeValues): Readonly<Record<string, string>> {
  return {
    ...(values.STREAM_PLANS !== undefined && { 'apply.plan': values.STREAM_PLANS }),
    ...(values.STREAM_RESULTS !== undefined && { 'apply.result': values.STREAM_RESULTS }),
    ...(values.STREAM_EVENTS !== undefined && { 'governor.events': values.STREAM_EVENTS }),
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import type { RedisSettings } from '../../settings/runtime-settings.ts';
import {
  addressOf,
  addressText,
  askServer,
  isRefusal,
  type RedisAddress,
  requireVersion,
  type ServerFacts,
} from '../connection/address.ts';
import { errorText, RedisProblem } from '../problem.ts';
import { prepareDataFolder, socketPathOf } from './data-folder.ts';
import { findOrInstallServer, type Say } from './install.ts';
import { type KeptServer, keepServer } from './keeper.ts';
import { claimFolder, ownerOf, releaseFolder } from './owner.ts';
import { closeServer, isOpen, ownAddress, passwordOf, urlFileOf } from './password.ts';
import { answerOf, logFileOf, type OwnServer, startServer, takeOver } from './server.ts';

/** A Redis that answers. */
export interface OpenRedis {
  readonly address: RedisAddress;
  /** Where it is and whose, in words. */
  readonly description: string;
  /** Whether it is one of our own; `dataFolder` and `urlFile` are given then. */
  readonly embedded: boolean;
  readonly dataFolder?: string;
  /** The file with the URL, password included, by which other programs reach it. */
  readonly urlFile?: string;
  /** Settles when the server that this process is answerable for is down and could not be kept up; never for another's. */
  readonly lost: Promise<RedisProblem>;
  /** Stops the server if this process is answerable for it; does nothing otherwise. */
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** How long a server whose starter died may take to follow it, and another's start to answer. */
const SETTLE_MS = 10_000;
const POLL_MS = 20;
const NEVER = new Promise<never>(() => undefined);

/**
 * A Redis to work with: the one that was asked for, else the one of the data folder, started (and the program
 * installed) when need be. Throws a `RedisProblem` that says what to do.
 */
export async function openRedis(settings: RedisSettings, say: Say): Promise<OpenRedis> {
  if (settings.url !== undefined) return openForeign(settings.url);
  prepareDataFolder(settings.dataFolder);
  passwordOf(settings.dataFolder);
  for (const deadline = Date.now() + SETTLE_MS; ; await wait(POLL_MS)) {
    if (claimFolder(settings.dataFolder)) return openOwn(settings, say);
    const facts = await answerOf(settings.dataFolder);
    if (facts !== undefined) return await adoptedOpenly(settings, say);
    if (Date.now() > deadline) throw new RedisProblem(ownerIsSilent(settings.dataFolder));
  }
}

/** A Redis that is running already, as other commands use it; never starts one. Throws a `RedisProblem`. */
export async function findRedis(settings: RedisSettings): Promise<OpenRedis> {
  if (settings.url !== undefined) return openForeign(settings.url);
  if ((await answerOf(settings.dataFolder)) !== undefined) return adopted(settings, ownerOf(settings.dataFolder));
  const url = `redis://127.0.0.1:${settings.embeddedPort}`;
  if (settings.embeddedPort !== 0 && (await answers(url))) {
    return { address: { url }, description: url, embedded: false, lost: NEVER, stop: async () => undefined };
  }
  throw new RedisProblem(
    `expected a running Portcullis, got no Redis at ${socketPathOf(settings.dataFolder)} nor at ${url}. ` +
      'Start it (npm start), or set REDIS_URL to the Redis it uses',
  );
}

async function openForeign(url: string): Promise<OpenRedis> {
  const address = addressOf(url);
  const description = addressText(address);
  try {
    const facts = await askServer(address, CONNECT_TIMEOUT_MS);
    requireVersion(facts, description);
    if (facts.mode === 'cluster' && !('cluster' in address)) throw new RedisProblem(nodeOfCluster(description));
  } catch (error) {
    if (error instanceof RedisProblem) throw error;
    throw new RedisProblem(
      `expected a Redis at ${description}, got ${answerText(error)}. ` +
        'Start it, correct REDIS_URL (or REDIS_HOST, REDIS_PORT), or unset them for a Redis of our own',
    );
  }
  return { address, description, embedded: false, lost: NEVER, stop: async () => undefined };
}

/** The parser's own words ask to be reported, though all that happened is a wrong port. */
function answerText(error: unknown): string {
  const text = errorText(error);
  return text.startsWith('Protocol error') ? 'an answer that is none of a Redis' : text;
}

/** A client of one node would stay there when the portfolio goes to another. */
function nodeOfCluster(description: string): string {
  return (
    `expected redis+cluster://host:port,host:port in REDIS_URL, got ${description}, which is one node of a cluster: ` +
    'name some of its nodes that way, so that portfolios are found wherever they are'
  );
}

async function openOwn(settings: RedisSettings, say: Say): Promise<OpenRedis> {
  try {
    const server = await ownServer(settings, say);
    return {
      ...adopted(settings, process.pid),
      lost: server.lost.then((end) => new RedisProblem(ownIsLost(settings.dataFolder, end))),
      stop: async () => {
        await server.stop();
        releaseFolder(settings.dataFolder);
      },
    };
  } catch (error) {
    releaseFolder(settings.dataFolder);
    throw error;
  }
}

async function ownServer(settings: RedisSettings, say: Say): Promise<KeptServer> {
  const orphan = await orphanOf(settings.dataFolder);
  const start = () => startedServer(settings, say);
  if (orphan !== undefined && (await isOpen(settings.dataFolder))) await closeServer(settings.dataFolder, orphan);
  return keepServer(orphan === undefined ? await start() : takeOver(orphan), start, say);
}

async function startedServer(settings: RedisSettings, say: Say): Promise<OwnServer> {
  const program = await findOrInstallServer(settings, say);
  const server = await startServer(program, settings.dataFolder, settings.embeddedPort);
  try {
    requireVersion(server.facts, program.path);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** A server that outlived its starter: it is being stopped by its watchdog, unless that died as well. */
async function orphanOf(dataFolder: string): Promise<ServerFacts | undefined> {
  const deadline = Date.now() + SETTLE_MS / 5;
  let facts = await answerOf(dataFolder);
  while (facts !== undefined && Date.now() < deadline) {
    await wait(POLL_MS);
    facts = await answerOf(dataFolder);
  }
  return facts;
}

function adopted(settings: RedisSettings, owner: number | undefined): OpenRedis {
  const path = socketPathOf(settings.dataFolder);
  const whose = owner === undefined || owner === process.pid ? '' : `, started by process ${owner}`;
  return {
    address: ownAddress(settings.dataFolder),
    description: `our own Redis at ${path}${whose}`,
    embedded: true,
    dataFolder: settings.dataFolder,
    urlFile: urlFileOf(settings.dataFolder),
    lost: NEVER,
    stop: async () => undefined,
  };
}

/** The server of a living process; one that an earlier version started has no password, and its starter knows none. */
async function adoptedOpenly(settings: RedisSettings, say: Say): Promise<OpenRedis> {
  const owner = ownerOf(settings.dataFolder);
  if (await isOpen(settings.dataFolder)) {
    say(
      `the Redis of process ${owner} has no password: every user of this machine can use it until that process is started anew`,
    );
  }
  return adopted(settings, owner);
}

async function answers(url: string): Promise<boolean> {
  try {
    await askServer({ url }, CONNECT_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (isRefusal(error)) throw new RedisProblem(passwordIsElsewhere(url));
    return false;
  }
}

function passwordIsElsewhere(url: string): string {
  return (
    `expected the password of the Redis at ${url}, got none. Run this in the folder where Portcullis was started, ` +
    'or set PORTCULLIS_DATA_DIR to its data folder, or REDIS_URL to the line in its redis.url'
  );
}

function ownIsLost(dataFolder: string, end: string): string {
  return (
    `expected our own Redis to stay up, got its end for the third time in a minute, or no start after it: ${end}. ` +
    `${logFileOf(dataFolder)} has its last words; what it had answered for is on disk`
  );
}

function ownerIsSilent(dataFolder: string): string {
  return (
    `expected the Redis of ${dataFolder} to answer, got silence, though process ${ownerOf(dataFolder)} holds it. ` +
    'Stop that process, or set PORTCULLIS_DATA_DIR to another folder'
  );
}

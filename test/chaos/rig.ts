import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/ports.ts';
import { type RedisLink, startProxy } from '../support/proxy.ts';
import { Askers } from './askers.ts';
import { httpDoor, redisDoor } from './doors.ts';
import { Fleet } from './fleet.ts';
import { Load } from './load.ts';
import { SETTINGS } from './names.ts';
import type { Entry, Span } from './oracle/witness.ts';
import type { Dice } from './random.ts';
import { ChaosServer } from './server.ts';

const DOORS = 4;
const BOTS = 5;

/** Everything a fault may be done to. */
export interface Rig {
  readonly server: ChaosServer;
  readonly link: RedisLink;
  /** The way of asks over HTTP to each worker; none where nobody asks so. */
  readonly doors: readonly RedisLink[];
  readonly fleet: Fleet;
  readonly load: Load;
  readonly askers: Askers;
  readonly dice: Dice;
  /** Streams of which everything up to an id was deleted, by whole key. */
  readonly deleted: Map<string, string>;
  /** Events of the governor that were in their stream when it was deleted. */
  readonly deletedEvents: Entry[];
  /** When the kill switch was on. */
  readonly killed: Span[];
  /** Where logs and data are. */
  readonly folder: string;
  /** Runs what changes the server itself one after the other. */
  alone<T>(change: () => Promise<T>): Promise<T>;
}

/** A server, a link to it, and a fleet that is not started yet. */
export async function startRig(dice: Dice, options: { workers: number; asksOverHttp: boolean }): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-chaos-'));
  const server = await ChaosServer.start(folder);
  const link = await startProxy(server.port);
  const ports = await Promise.all(Array.from({ length: options.asksOverHttp ? options.workers : 0 }, freePort));
  const doors = await Promise.all(ports.map((port) => startProxy(port)));
  const fleet = new Fleet({ url: link.url, size: options.workers, settings: SETTINGS, folder, ports });
  const askers = askersAt(link, doors);
  let last: Promise<unknown> = Promise.resolve();
  return {
    server,
    link,
    doors,
    fleet,
    load: new Load(server.connect(), dice, askers),
    askers,
    dice,
    deleted: new Map(),
    deletedEvents: [],
    killed: [],
    folder,
    alone: (change) => {
      const done = last.then(change);
      last = done.catch(() => undefined);
      return done;
    },
  };
}

/** Twenty bots over Redis, at four doors; where workers serve HTTP, twenty more ask there. */
function askersAt(link: RedisLink, doors: readonly RedisLink[]): Askers {
  const urls = doors.map(({ url }) => `http://127.0.0.1:${new URL(url).port}`);
  const overHttp = urls.length === 0 ? [] : Array.from({ length: DOORS }, () => httpDoor(urls));
  return new Askers([...Array.from({ length: DOORS }, (_, at) => redisDoor(link.url, `bot${at}`)), ...overHttp], BOTS);
}

/** Ends whatever is left of a rig; its folder stays. */
export async function stopRig(rig: Rig): Promise<void> {
  await rig.askers.stop();
  rig.fleet.kill();
  await Promise.all([rig.link, ...rig.doors].map((link) => link.stop()));
  await rig.server.stop();
}

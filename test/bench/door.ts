import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { HttpGate, PortcullisClient } from '../../runtime/doors/client/index.ts';
import { freePort } from '../support/ports.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import type { BenchServer } from './server.ts';
import { percentile } from './statistics.ts';

const TOKEN = 'a-strategy-of-the-bench';
const CLIENTS = [1, 10, 50];
/** An order that opens keeps its room for a second at least, and every plan is judged beside all that do. */
const RATES = { open: [100, 500], exit: [100, 500] };
const QUICK = { clients: [10], rates: { open: [100], exit: [100] }, seconds: 2 };
const SECONDS = 5;
const WARM_SECONDS = 2;
const READY_MS = 60_000;
const SYMBOLS = 100;
/** One order is worth a dollar, and its room is free after a second: caps are looked at and refuse nothing. */
const SETTINGS = {
  GOV_RESERVATION_TTL_SEC: '1',
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_MAX_EXEC_PER_HOUR: '1000000',
  GOV_MAX_EXEC_PER_5MIN: '1000000',
  GOV_MAX_OPEN_POSITIONS: '1000000',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '1000000000',
  GOV_STATE_MAX_AGE_SEC: '86400',
};
const LISTENERS = ['P26_METRICS_PORT', 'P27_METRICS_PORT', 'P27_HEALTH_PORT', 'P28_PORT', 'GOV_METRICS_PORT'];

/** What clients see of one permit, and of the plain round trip on the same way, milliseconds. */
export interface DoorRow {
  readonly transport: 'http' | 'redis';
  readonly order: 'open' | 'exit';
  readonly clients: number;
  /** Asks a second of all together, sent when they are due, whether or not others were answered. */
  readonly per_second: number;
  readonly asks: number;
  readonly granted: number;
  readonly p50: number;
  readonly p99: number;
  readonly plain_p50: number;
  readonly plain_p99: number;
}

/** A client of one transport: one ask, and the shortest thing that goes the same way. */
interface Bot {
  ask(planId: string, symbol: string, order: DoorRow['order']): Promise<boolean>;
  plain(): Promise<unknown>;
  close(): void;
}

const HTTP_ORDERS = { open: { side: 'BUY' }, exit: { side: 'SELL', reduce_only: true } } as const;
const PLANS = {
  open: { action: 'OPEN_LONG', side: 'BUY' },
  exit: { action: 'FULL_CLOSE', side: 'SELL', reduceOnly: true },
} as const;

/** Starts the whole system on the bench's Redis, and has clients ask it for permits. */
export async function measureDoor(
  server: BenchServer,
  { quick }: Pick<Options, 'quick'>,
  say: Say,
): Promise<DoorRow[]> {
  const { clients, rates, seconds } = quick ? QUICK : { clients: CLIENTS, rates: RATES, seconds: SECONDS };
  await server.clear();
  const port = await freePort();
  const system = await started(server, port);
  const rows: DoorRow[] = [];
  const runs = (['http', 'redis'] as const).flatMap((transport) =>
    clients.flatMap((count) =>
      (['open', 'exit'] as const).flatMap((order) =>
        rates[order].map((perSecond) => ({ transport, count, order, perSecond })),
      ),
    ),
  );
  try {
    for (const { transport, count, order, perSecond } of runs) {
      const bots = Array.from({ length: count }, () => (transport === 'http' ? overHttp(port) : overRedis(server.url)));
      const row = await measured(bots, { transport, order, perSecond, seconds });
      for (const bot of bots) bot.close();
      rows.push(row);
      say(
        `${transport}, ${order}, ${count} clients, ${perSecond}/s: p50 ${row.p50.toFixed(2)} ms`,
        rows.length,
        runs.length,
      );
    }
  } finally {
    const ended = once(system, 'exit');
    system.kill('SIGTERM');
    await ended;
  }
  return rows;
}

async function started(server: BenchServer, port: number): Promise<ChildProcess> {
  const off = Object.fromEntries(LISTENERS.map((name) => [name, '0']));
  const own = { REDIS_URL: server.url, HTTP_PORT: String(port), TRADER_TOKENS: `bench:${TOKEN}`, LOG_LEVEL: 'error' };
  const program = join(process.cwd(), 'runtime/bootstrap/portcullis.mjs');
  const env = { ...process.env, ...off, ...SETTINGS, ...own };
  const system = spawn(process.execPath, [program, 'start'], { env, stdio: 'ignore' });
  const giveUpMs = performance.now() + READY_MS;
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok) {
    if (system.exitCode !== null || performance.now() > giveUpMs) throw new Error('door: the system does not start');
    await pause(50);
  }
  const [sec] = await server.redis.time();
  await server.redis.hset('quantum:state:portfolio', {
    equity_usd: '1e9',
    positions_count: '0',
    timestamp: String(sec),
  });
  return system;
}

function overHttp(port: number): Bot {
  const url = `http://127.0.0.1:${port}`;
  const gate = new HttpGate({ url, token: TOKEN });
  return {
    ask: async (plan_id, symbol, order) =>
      (await gate.ask({ plan_id, symbol, ...HTTP_ORDERS[order], qty: 0.01, price: 100, timeout_ms: 10_000 })).granted,
    plain: async () => await (await fetch(`${url}/healthz`)).text(),
    close: () => undefined,
  };
}

function overRedis(url: string): Bot {
  const [redis, replies] = [new Redis(url), new Redis(url)];
  const client = new PortcullisClient(redis, { replies, strategy: 'bench' });
  return {
    ask: async (plan_id, symbol, order) => {
      const plan = { plan_id, symbol, ...PLANS[order], qty: 0.01, price: 100 };
      return (await client.askPermit(plan, { timeoutMs: 10_000 })).granted;
    },
    plain: () => redis.ping(),
    close: () => [redis, replies].forEach((connection) => void connection.disconnect()),
  };
}

async function measured(
  bots: readonly Bot[],
  {
    transport,
    order,
    perSecond,
    seconds,
  }: Pick<DoorRow, 'transport' | 'order'> & { perSecond: number; seconds: number },
): Promise<DoorRow> {
  const run = performance.now().toFixed(0);
  let granted = 0;
  const ask = async (at: number) => {
    const bot = bots[at % bots.length] as Bot;
    const planId = `${transport}-${bots.length}-${perSecond}-${run}-${at}`;
    if (await bot.ask(planId, `B${at % SYMBOLS}USDT`, order)) granted += 1;
  };
  const plain = async (at: number) => void (await (bots[at % bots.length] as Bot).plain());
  await openLoop(perSecond, WARM_SECONDS, (at) => ask(-1 - at).catch(() => undefined));
  granted = 0;
  const plainMs = await openLoop(perSecond, seconds, plain);
  const askMs = await openLoop(perSecond, seconds, ask);
  return {
    ...{ transport, order, clients: bots.length, per_second: perSecond, asks: askMs.length, granted },
    ...{ p50: percentile(askMs, 50), p99: percentile(askMs, 99) },
    ...{ plain_p50: percentile(plainMs, 50), plain_p99: percentile(plainMs, 99) },
  };
}

/** Does something so often a second, each when it is due; how long each took from then on, sorted, milliseconds. */
async function openLoop(perSecond: number, seconds: number, work: (at: number) => Promise<unknown>): Promise<number[]> {
  const startMs = performance.now();
  const done: Promise<number>[] = [];
  for (let at = 0; at < perSecond * seconds; at += 1) {
    const dueMs = startMs + (at * 1_000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0.5) await pause(waitMs);
    // A timer may ring a little early.
    const fromMs = Math.min(dueMs, performance.now());
    done.push(work(at).then(() => performance.now() - fromMs));
  }
  return (await Promise.all(done)).sort((a, b) => a - b);
}

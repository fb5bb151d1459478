import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { HttpGate, PortcullisClient } from '../../runtime/doors/client/index.ts';
import { askInPython, type PythonAnswer, pythonFor } from './door-python.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import type { BenchServer } from './server.ts';
import { percentile } from './statistics.ts';
import { startBenchSystem } from './system.ts';

const TOKEN = 'a-strategy-of-the-bench';
const CLIENTS = [1, 10, 50];
/** An order that opens keeps its room for a second at least, and every plan is judged beside all that do. */
const RATES = { open: [100, 500], exit: [100, 500] };
const QUICK = { clients: [10], rates: { open: [100], exit: [100] }, seconds: 2 };
const SECONDS = 4;
const WARM_SECONDS = 1;
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

/** What clients see of one permit, and of the plain round trip on the same way, milliseconds. */
export interface DoorRow {
  readonly client: 'node' | 'python';
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

/** Clients that ask; of Python with its program. */
interface Run extends Pick<DoorRow, 'transport' | 'order'> {
  readonly url: string;
  readonly count: number;
  readonly perSecond: number;
  readonly program: string | undefined;
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
  const system = await startBenchSystem(server, { ...SETTINGS, TRADER_TOKENS: `bench:${TOKEN}` });
  await seed(server);
  const rows: DoorRow[] = [];
  const urls = { http: system.url, redis: server.url };
  const runs = (['http', 'redis'] as const).flatMap((transport) => {
    const python = pythonFor(transport);
    if (python === undefined) say(`no clients in Python over ${transport}: none that can is installed`, 0, 0);
    const programs = [undefined, ...(python === undefined ? [] : [python])];
    return clients.flatMap((count) =>
      (['open', 'exit'] as const).flatMap((order) =>
        rates[order].flatMap((perSecond) =>
          programs.map((program): Run => ({ transport, url: urls[transport], count, order, perSecond, program })),
        ),
      ),
    );
  });
  try {
    for (const run of runs) {
      const row = run.program === undefined ? await byNode(run, seconds) : await byPython(run, run.program, seconds);
      rows.push(row);
      const { transport, order, count, perSecond } = run;
      const asked = `${transport}, ${order}, ${count} ${row.client} clients, ${perSecond}/s`;
      say(`${asked}: p50 ${row.p50.toFixed(2)} ms`, rows.length, runs.length);
    }
  } finally {
    await system.stop();
  }
  return rows;
}

async function seed(server: BenchServer): Promise<void> {
  const [sec] = await server.redis.time();
  await server.redis.hset('quantum:state:portfolio', {
    equity_usd: '1e9',
    positions_count: '0',
    timestamp: String(sec),
  });
}

function overHttp(url: string): Bot {
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

async function byNode({ transport, url, order, count, perSecond }: Run, seconds: number): Promise<DoorRow> {
  const bots = Array.from({ length: count }, () => (transport === 'http' ? overHttp(url) : overRedis(url)));
  const run = performance.now().toFixed(0);
  let granted = 0;
  const asking = (kind: string) => async (at: number) => {
    const bot = bots[at % bots.length] as Bot;
    const planId = `${transport}-${bots.length}-${perSecond}-${run}-${kind}-${at}`;
    // Where no answer comes it is not granted: the row says of how many.
    if (await bot.ask(planId, `B${at % SYMBOLS}USDT`, order).catch(() => false)) granted += 1;
  };
  const plain = async (at: number) => void (await (bots[at % bots.length] as Bot).plain());
  await openLoop(perSecond, WARM_SECONDS, asking('warm'));
  granted = 0;
  const plain_ms = await openLoop(perSecond, seconds, plain);
  const ask_ms = await openLoop(perSecond, seconds, asking('ask'));
  for (const bot of bots) bot.close();
  return rowOf('node', { transport, order, count, perSecond }, { plain_ms, ask_ms, granted });
}

async function byPython(run: Run, program: string, seconds: number): Promise<DoorRow> {
  const { transport, url, order, count, perSecond } = run;
  const job = { transport, url, order, clients: count, per_second: perSecond, seconds, warm_seconds: WARM_SECONDS };
  const id = `py-${transport}-${count}-${perSecond}-${performance.now().toFixed(0)}`;
  return rowOf('python', run, await askInPython(program, { ...job, token: TOKEN, symbols: SYMBOLS, run: id }));
}

function rowOf(
  client: DoorRow['client'],
  { transport, order, count, perSecond }: Pick<Run, 'transport' | 'order' | 'count' | 'perSecond'>,
  { plain_ms, ask_ms, granted }: PythonAnswer,
): DoorRow {
  const [asks, plain] = [ask_ms, plain_ms].map((ms) => [...ms].sort((a, b) => a - b)) as [number[], number[]];
  return {
    ...{ client, transport, order, clients: count, per_second: perSecond, asks: asks.length, granted },
    ...{ p50: percentile(asks, 50), p99: percentile(asks, 99) },
    ...{ plain_p50: percentile(plain, 50), plain_p99: percentile(plain, 99) },
  };
}

/** Does something so often a second, each when it is due; how long each took from then on, milliseconds. */
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
  return await Promise.all(done);
}

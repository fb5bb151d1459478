import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashFact } from '../support/fake-ctx.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SNAPSHOTS = 'quantum:stream:position.snapshot';
/** What rounding may take from a heat. */
const MARGIN = 1e-8;

type Edit = readonly [path: string, from: string, to: string];

/** A position says its leverage, and its risk is multiplied by it. */
const RULE: readonly Edit[] = [
  ['schemas/position.ts', '  readonly sigma: number | undefined;\n', '$&  readonly leverage: number | undefined;\n'],
  ['schemas/position-risk.ts', 'sigma: z.number()', '$&, leverage: z.number().default(1)'],
  ['schemas/position-risk.ts', '({ notional_usd, sigma }', '({ notional_usd, sigma, leverage }'],
  ['schemas/position-risk.ts', 'notional_usd * sigma', '$& * leverage'],
];

/** The places the compiler then names, and what each has to say of leverage: how it is read, kept and judged. */
const PLACES: readonly Edit[] = [
  [
    'handlers/common/heat.ts',
    'notional_usd: notional, sigma }',
    'notional_usd: notional, sigma, leverage: position.leverage ?? 1 }',
  ],
  ['runtime/engine/views/book-view.ts', "  side: 'string',\n", "$&  leverage: 'number',\n"],
  ['schemas/position.ts', '    side: fields.side', '    leverage: parsePositive(fields.leverage),\n$&'],
];

let redis: TestRedis;
let tree: string;
beforeAll(async () => {
  redis = await startRedis();
  tree = copyOfTree();
});
afterAll(async () => {
  await redis.stop();
  rmSync(tree, { recursive: true, force: true });
});

function copyOfTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-leverage-'));
  for (const part of ['schemas', 'handlers', 'runtime', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  writeFileSync(
    join(folder, 'tsconfig.copy.json'),
    JSON.stringify({
      extends: './tsconfig.json',
      include: ['schemas', 'handlers', 'runtime'],
      exclude: ['runtime/doors/page'],
    }),
  );
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function edit(edits: readonly Edit[]): void {
  for (const [path, from, to] of edits) {
    const text = readFileSync(join(tree, path), 'utf8');
    expect(text.split(from), `${path} has it once: ${from}`).toHaveLength(2);
    writeFileSync(join(tree, path), text.replace(from, to));
  }
}

/** The files of the copy that do not compile. */
async function uncompiled(): Promise<string[]> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const out = await new Promise<string>((resolve) => {
    const args = [tsc, '--noEmit', '--pretty', 'false', '-p', 'tsconfig.copy.json'];
    execFile(process.execPath, args, { cwd: tree }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  return [...new Set([...out.matchAll(/^(.+?)\(\d+,\d+\): error/gm)].map(([, path = '']) => path))].sort();
}

/** The functions of the copy under test. */
async function copied() {
  const from = async <T>(path: string) => (await import(pathToFileURL(join(tree, path)).href)) as T;
  type Evaluate = typeof import('../../runtime/desk/evaluate/index.ts');
  type Views = typeof import('../../runtime/desk/positions/views-now.ts');
  type Book = typeof import('../../runtime/engine/views/book-view.ts');
  type Heat = typeof import('../../handlers/common/heat.ts');
  type Now = typeof import('../../runtime/desk/overview/heat.ts');
  type Gate = typeof import('../../handlers/heat-gate/index.ts');
  type Portfolios = typeof import('../../runtime/settings/portfolio.ts');
  const { default: handler } = await from<Gate>('handlers/heat-gate/index.ts');
  const portfolio = (await from<Portfolios>('runtime/settings/portfolio.ts')).portfolioOf('quantum');
  const { evaluate, readQuestions } = await from<Evaluate>('runtime/desk/evaluate/index.ts');
  const { viewsNow } = await from<Views>('runtime/desk/positions/views-now.ts');
  const { bookHeat } = await from<Heat>('handlers/common/heat.ts');
  const { lookAtHeat, positionsNow } = await from<Now>('runtime/desk/overview/heat.ts');
  const { BookView } = await from<Book>('runtime/engine/views/book-view.ts');
  const settings = handler.settings.parse({});
  return {
    /** What the gate would say of an exit now. */
    answer: async () => {
      const question = { entry: { symbol: 'ANY', action: 'FULL_CLOSE', reason: 'take_profit' } };
      const questions = readQuestions([question], [handler as never]);
      const [answer] = await evaluate(redis.client, portfolio, questions, () => settings);
      return answer?.heat ?? expect.fail('expected an answer of the heat gate');
    },
    /** The heat of the overview, and what each position adds to it. */
    overview: async (equityUsd: number) => {
      const views = await viewsNow(redis.client, portfolio);
      const nowMs = Number((await redis.client.time())[0]) * 1000;
      const facts = {
        portfolio: hashFact({ equity_usd: String(equityUsd) }),
        book: bookHeat(views, settings, nowMs).value,
      };
      const seen = await lookAtHeat(async () => ({ facts, settings, nowMs }) as never, handler as never);
      return { heat: seen.heat.heat, positions: positionsNow(seen, () => undefined).positions };
    },
    /** Writes the checkpoint of the book, and leaves nothing else of it. */
    restart: async () => {
      const book = new BookView(portfolio);
      await book.load(redis.client);
      await book.catchUp(redis.client);
      await book.checkpoint(redis.client);
      await redis.client.xtrim(SNAPSHOTS, 'MAXLEN', 0);
    },
  };
}

interface Held {
  readonly symbol: string;
  readonly notional: number;
  readonly sigma: number;
  readonly leverage: number | undefined;
}

const positions = fc
  .array(
    fc.record({
      notional: fc.integer({ min: 1, max: 5_000_000 }).map((cents) => cents / 100),
      sigma: fc.integer({ min: 1, max: 500 }).map((thousandths) => thousandths / 1000),
      leverage: fc.option(fc.integer({ min: 1, max: 125 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => all.map((one, at): Held => ({ symbol: `S${at}`, ...one })));

async function hold(held: readonly Held[], equityUsd: number): Promise<void> {
  await redis.client.flushall();
  const write = redis.client.pipeline().hset('quantum:state:portfolio', { equity_usd: String(equityUsd) });
  for (const { symbol, notional, sigma, leverage } of held) {
    const said = leverage === undefined ? [] : ['leverage', String(leverage)];
    const fields = ['symbol', symbol, 'position_notional_usd', String(notional), 'sigma', String(sigma), ...said];
    write.xadd(SNAPSHOTS, '*', ...fields);
  }
  await write.exec();
}

/** Risk by dollar, as the changed rule has it: said once more here, because a test has to know. */
const perDollar = ({ sigma, leverage = 1 }: Held) => sigma * leverage;

function bySymbol<T extends { readonly symbol: string }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => a.symbol.localeCompare(b.symbol));
}

test('a new factor of risk: the compiler names every place that rests on it, then all agree on it', async () => {
  edit(RULE);
  expect(await uncompiled()).toEqual([...new Set(PLACES.map(([path]) => path))].sort());
  edit(PLACES);
  expect(await uncompiled()).toEqual([]);
  const { answer, overview, restart } = await copied();
  await fc.assert(
    fc.asyncProperty(positions, fc.integer({ min: 100, max: 1_000_000 }), async (held, equityUsd) => {
      const heat = held.reduce((sum, one) => sum + one.notional * perDollar(one), 0) / equityUsd;
      await hold(held, equityUsd);
      const basis = await answer();
      expect(basis.heat, 'what the gate judges by').toBeCloseTo(heat, 8);
      expect(await overview(equityUsd), 'the overview').toMatchObject({
        heat: basis.heat,
        positions: basis.positions.map((position) => ({
          symbol: position.symbol,
          contribution: expect.closeTo(position.heat ?? Number.NaN, 8),
        })),
      });
      await restart();
      const restarted = await answer();
      expect(restarted.heat, 'the book of a checkpoint').toBeCloseTo(heat, 8);
      expect(bySymbol(restarted.positions)).toEqual(bySymbol(basis.positions));

      const { cooler } = basis;
      expect(cooler === null).toBe(basis.bucket === 'COLD');
      if (cooler === null) return;
      const named = cooler.cuts.map(({ symbol }) => perDollar(held.find((one) => one.symbol === symbol) as Held));
      expect(named, 'what to cut, most risk to a dollar first').toEqual(named.toSorted((a, b) => b - a));
      const heatWith = async (lessUsd: number) => {
        const last = cooler.cuts.at(-1)?.symbol;
        const left = held.map((one) => {
          const cutUsd = cooler.cuts.find(({ symbol }) => symbol === one.symbol)?.cut_usd ?? 0;
          return { ...one, notional: one.notional - cutUsd + (one.symbol === last ? lessUsd : 0) };
        });
        await hold(left, equityUsd);
        return (await answer()).heat;
      };
      expect(await heatWith(0), 'the heat after the cuts').toBeLessThan(cooler.heat_below + MARGIN);
      expect(await heatWith(0.01), 'with one cent less cut').toBeGreaterThan(cooler.heat_below - MARGIN);
    }),
    { numRuns: 40 },
  );
});

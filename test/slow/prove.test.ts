import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnyHandler, Ctx } from '../../handlers/contract/handler.ts';
import type { ProofResult } from '../../runtime/desk/prove/index.ts';
import { invitationOn } from '../../runtime/desk/prove/invitation.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { startProvable } from '../support/provable.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import type { TestSystem } from '../support/system.ts';

const WHOLE_MS = 240_000;
const SOFTENED_TO_75 =
  'p26_actions_downgraded_total{from_action="FULL_CLOSE",to_action="PARTIAL_75",reason="portfolio_heat_warm"}';

let redis: TestRedis;
let systems: TestSystem[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());
afterEach(async () => {
  for (const system of systems) await system.stop();
  systems = [];
});

async function start(options: Parameters<typeof startProvable>[1] = {}): Promise<TestSystem> {
  const system = await startProvable(redis, options);
  systems.push(system);
  return system;
}

type Proof = { code: number; result: ProofResult; failed: string[] };

async function proof(...argv: string[]): Promise<Proof> {
  return await proofIn({}, ...argv);
}

async function proofIn(environment: Readonly<Record<string, string>>, ...argv: string[]): Promise<Proof> {
  const { code, out, err } = await runCli(redis.url, ['prove', '--json', ...argv], { environment });
  expect(err).toBe('');
  const result = JSON.parse(out) as ProofResult;
  const failed = result.checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ section, name }) => `${section}: ${name}`);
  return { code, result, failed };
}

async function keysLike(client: Redis, pattern: string): Promise<string[]> {
  return (await client.keys(pattern)).sort();
}

/** The system's handlers, but for one that judges by another setting than the one in force. */
async function broken(name: string, different: Readonly<Record<string, unknown>>): Promise<AnyHandler[]> {
  return (await loadHandlers()).map((handler) => {
    if (handler.name !== name) return handler;
    const handle: AnyHandler['handle'] = (message, ctx) => {
      const { settings } = ctx as Ctx<object, never>;
      return handler.handle(message, { ...ctx, settings: { ...settings, ...different } } as typeof ctx);
    };
    return { ...handler, handle };
  });
}

describe('on a started system', () => {
  it('every check passes, whatever limits and modes it runs with, and nothing is left behind', {
    timeout: WHOLE_MS,
  }, async () => {
    await start({ env: { HEAT_MAX: '0.5', BASE_RISK_PCT: '0.1', GOV_MODE: 'production', P28_MODE: 'enforce' } });
    await redis.client.hset('quantum:state:portfolio', { equity_usd: '777' });
    const policies = await redis.client.hgetall('quantum:policy:governor');
    const report = join(tmpdir(), `portcullis-proof-${redis.port}.md`);
    const { code, result, failed } = await proof('--report', report);
    expect(failed).toEqual([]);
    expect(result).toMatchObject({ failed: 0, skipped: 0, interrupted: false, keys_left: 0, portfolio: 'quantum' });
    expect(result.passed).toBeGreaterThan(130);
    expect(code).toBe(0);
    expect(await keysLike(redis.client, '*prove*')).toEqual([]);
    expect(await redis.client.hgetall('quantum:policy:governor')).toEqual(policies);
    expect(await redis.client.hgetall('quantum:state:portfolio')).toEqual({ equity_usd: '777' });
    const proposals = ['harvest.proposal', 'harvest.calibrated', 'apply.plan', 'governor.events'];
    for (const stream of proposals) expect(await redis.client.xlen(`quantum:stream:${stream}`)).toBe(0);
    expect(readFileSync(report, 'utf8')).toContain('| PASS | 1. COLD: FULL_CLOSE becomes PARTIAL_25 |');
  });

  it('two workers take part, and their counts are added up', { timeout: WHOLE_MS }, async () => {
    await start();
    await start({ env: { GATES: 'heat-gate,heat-bridge' } });
    const { result, failed } = await proof('--only', 'system', 'p2.6', 'P2.7');
    expect(failed).toEqual([]);
    expect(result.workers).toHaveLength(2);
    expect(result.checks.find(({ name }) => name === 'every running worker takes part')?.got).toBe('2 of 2');
  });

  it('a worker that is killed loses nothing and doubles nothing', { timeout: WHOLE_MS }, async () => {
    await start();
    const { failed, result } = await proof('--only', 'crash', '--destructive');
    expect(failed).toEqual([]);
    expect(result.checks.at(-2)?.got).toBe('2000 plans, 2000 entries');
  });

  it('a system beside another proves itself under its own prefix, and touches no key of the other', {
    timeout: WHOLE_MS,
  }, async () => {
    const beside = { OUTPUT_PREFIX: 'beside', GROUP_SUFFIX: '-beside' };
    await start({ env: beside });
    const own = await keysLike(redis.client, 'quantum:*');
    const { code, failed, result } = await proofIn(beside);
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
    expect(result.scratch).toMatch(/^beside:prove-[0-9a-f]{12}$/);
    expect(await keysLike(redis.client, 'quantum:*')).toEqual(own);
    expect(await keysLike(redis.client, '*prove*')).toEqual([]);
  });

  it('a second proof on the portfolio is refused while one runs', { timeout: WHOLE_MS }, async () => {
    await start();
    const first = proof('--only', 'P2.6');
    await until('the first to begin', async () => (await redis.client.exists('quantum:portcullis:prove')) === 1);
    const second = await runCli(redis.url, ['prove']);
    expect(second).toMatchObject({ code: 1, err: expect.stringContaining('expected no other proof on quantum') });
    expect((await first).failed).toEqual([]);
  });
});

describe('on a system with a fault', () => {
  it('what the doctor finds broken of the real portfolio fails a line, and says what to do', {
    timeout: WHOLE_MS,
  }, async () => {
    await start();
    await redis.client.set('quantum:state:portfolio', 'no hash');
    const { code, failed, result } = await proof('--only', 'system');
    expect(failed).toContain('Running system: the doctor finds nothing broken');
    const line = result.checks.find(({ name }) => name === 'the doctor finds nothing broken');
    expect(line?.got).toContain('portfolio state: quantum:state:portfolio is a string. A producer must keep the hash');
    expect(code).toBe(1);
  });

  it('without the governor every line about it fails, and no other', { timeout: WHOLE_MS }, async () => {
    await start({ env: { GATES: 'heat-gate,heat-bridge,risk-governor' } });
    const { code, failed, result } = await proof('--only', 'system', 'P2.7', 'P2.8', 'P3.2');
    const others = failed.filter((line) => !line.startsWith('P3.2 governor: '));
    expect(others).toEqual([
      ...['governor', 'governor-results', 'governor-watch', 'cooldown-expiry'].map(
        (name) => `Running system: a worker runs ${name}`,
      ),
      'P2.8 risk governor: shadow: 450 + 100 over the budget of 500 is allowed',
      'P2.8 risk governor: enforce: the same is blocked',
      'P2.8 risk governor: enforce: a CLOSE passes',
      'P2.8 risk governor: enforce: without a budget it is allowed',
      'P2.8 risk governor: rollback: over the budget is allowed again',
    ]);
    expect(result.checks.filter(({ section, verdict }) => section === 'P3.2 governor' && verdict !== 'fail')).toEqual(
      [],
    );
    expect(code).toBe(1);
  });

  it('a heat gate with another limit than the one in force is named', { timeout: WHOLE_MS }, async () => {
    await start({ handlers: await broken('heat-gate', { HEAT_MAX: 0.9 }) });
    const { code, failed, result } = await proof('--only', 'P2.6');
    expect(failed).toEqual([
      'P2.6 heat gate: 3. HOT: FULL_CLOSE passes',
      'P2.6 heat gate: 4. PARTIAL_50 passes unchanged',
      'P2.6 heat gate: limit: heat of 6500 × 0.1 / 1000',
      `P2.6 heat gate: metric ${SOFTENED_TO_75}`,
    ]);
    expect(result.checks.find(({ verdict }) => verdict === 'fail')).toMatchObject({
      expected: 'FULL_CLOSE at heat 0.8825 HOT: portfolio_heat_hot',
      got: 'PARTIAL_75 at heat 0.8825 WARM: portfolio_heat_warm',
    });
    expect(code).toBe(1);
  });

  it('a budget by another formula is named', { timeout: WHOLE_MS }, async () => {
    await start({ handlers: await broken('risk-governor', { GAMMA_VOL: 0.1 }) });
    const { failed } = await proof('--only', 'P2.8');
    expect(failed).toContain('P2.8 risk governor: 1. budget at heat 0.65');
    expect(failed.filter((line) => line.includes('enforce'))).toEqual([]);
  });

  it('where nothing runs it says so', { timeout: WHOLE_MS }, async () => {
    const { code, out } = await runCli(redis.url, ['prove', '--only', 'P2.7']);
    expect(out).toContain('No running worker took part');
    expect(code).toBe(1);
    expect(await keysLike(redis.client, '*')).toEqual([]);
  });
});

describe('however it ends', () => {
  it('Ctrl-C clears everything away', { timeout: WHOLE_MS }, async () => {
    await start();
    const controller = new AbortController();
    const onOut = (text: string) => (text.includes('2. WARM') ? controller.abort() : undefined);
    const { code, out } = await runCli(redis.url, ['prove'], { ended: controller.signal, onOut });
    expect(out).toContain('Interrupted: the rest was not looked at.');
    expect(out).not.toContain('P2.7');
    expect(code).toBe(130);
    expect(await keysLike(redis.client, '*prove*')).toEqual([]);
  });

  it('a proof that vanishes is cleared away by the workers', { timeout: WHOLE_MS }, async () => {
    await start();
    const prefix = 'quantum:prove-0123456789ab';
    await redis.client.set('quantum:portcullis:prove', JSON.stringify({ prefix, keep: false }));
    await until(
      'the worker to host it',
      async () => (await keysLike(redis.client, `${prefix}:portcullis:prove_host:*`)).length > 0,
    );
    await redis.client.del('quantum:portcullis:prove');
    await until('its keys to go', async () => (await keysLike(redis.client, `${prefix}*`)).length === 0);
  });

  it('only an invitation to a scratch portfolio of its own is heard', async () => {
    const portfolio = portfolioOf('quantum');
    const heard = async (text: string) => {
      await redis.client.set('quantum:portcullis:prove', text);
      return (await invitationOn(redis.client, portfolio))?.prefix;
    };
    for (const prefix of [
      'other',
      'quantum',
      'quantum:prove-x',
      'other:prove-0123456789ab',
      'quantum:prove-0123456789ab:x',
    ]) {
      expect(await heard(JSON.stringify({ prefix, keep: false }))).toBeUndefined();
    }
    expect(await heard('no JSON')).toBeUndefined();
    expect(await heard(JSON.stringify({ prefix: 'quantum:prove-0123456789ab' }))).toBeUndefined();
    const right = { prefix: 'quantum:prove-0123456789ab', keep: false };
    expect(await heard(JSON.stringify(right))).toBe(right.prefix);
  });

  it('--keep leaves the keys', { timeout: WHOLE_MS }, async () => {
    await start();
    const { result } = await proof('--only', 'P2.7', '--keep');
    const kept = await keysLike(redis.client, `${result.scratch}:*`);
    expect(kept).toHaveLength(result.keys_left);
    expect(kept).toContain(`${result.scratch}:harvest:heat:by_plan:brP1`);
    const { out } = await runCli(redis.url, ['status', '--portfolio', result.scratch, '--json']);
    expect(JSON.parse(out)).toMatchObject({ portfolio: result.scratch });
  });
});

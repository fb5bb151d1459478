import { ProofHosting } from '../../runtime/desk/prove/hosting.ts';
import type { ProofHost } from '../../runtime/desk/prove/invitation.ts';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { startHttp } from '../../runtime/doors/http/server.ts';
import { ENGINE_TIMINGS } from '../../runtime/engine/status/timings.ts';
import { httpOptions } from './http.ts';
import type { TestRedis } from './redis.ts';
import { startSystem, type TestSystem } from './system.ts';

/** A system that can be proven, and where it is served. */
export interface Provable extends TestSystem {
  readonly base: string;
}

/** Starts a system as `portcullis start` does: with its waits, with schedules, HTTP on free ports, and ready to be proven. */
export async function startProvable(
  redis: Pick<TestRedis, 'url'>,
  options: Omit<NonNullable<Parameters<typeof startSystem>[1]>, 'schedules'> = {},
  different: Partial<HttpOptions> = {},
): Promise<Provable> {
  const system = await startSystem(redis, { timings: ENGINE_TIMINGS, ...options, schedules: true });
  const listening: ProofHost['http'] = [];
  const hosting = new ProofHosting({ options: system.options, runtime: system.runtime, addresses: () => listening });
  const gates = [...new Set(system.runtime.handlers.map(({ gate }) => gate))];
  const about = { gates, proofs: hosting, ...different };
  const http = await startHttp(system.runtime, await httpOptions(system.runtime, about));
  listening.push(...http.addresses);
  hosting.start();
  const stop = async () => {
    await hosting.stop();
    await system.stop();
    await http.close();
  };
  const base = http.addresses.find(({ role }) => role === 'http')?.url ?? '';
  return { ...system, base, stop };
}

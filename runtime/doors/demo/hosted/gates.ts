import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../../handlers/contract/handler.ts';
import { operationsOn } from '../../../desk/operations/operations.ts';
import { exposureKept } from '../../../desk/strategies/list.ts';
import type { HostedRuntime } from '../../../engine/host/runtime.ts';
import { lanesOf } from '../../../engine/streams/lanes.ts';
import { handlersOf, startGates } from '../../../market/player/open-play.ts';
import { PAPER_STAGE } from '../../../market/player/stage.ts';
import { loadSettings } from '../../../settings/load.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';
import type { ShownDemo } from '../../http/context.ts';

/** Gates that run on a demo in this process, and what is shown of it. */
export interface DemoGates {
  readonly runtime: HostedRuntime;
  readonly shown: ShownDemo;
  stop(): Promise<void>;
}

interface GatesSpec {
  readonly portfolio: Portfolio;
  readonly connect: () => Redis;
  /** Every handler there is. */
  readonly found: readonly AnyHandler[];
  /** Name of the worker; the next that is free where it is empty. */
  readonly workerName: string;
}

/** Starts the gates of the demo month on its portfolio: its settings and modes, whatever those of this process are. */
export async function startDemoGates({ portfolio, connect, found, workerName }: GatesSpec): Promise<DemoGates> {
  const handlers = await handlersOf(PAPER_STAGE);
  const settings = loadSettings(PAPER_STAGE.settings, handlers);
  const runtime = await startGates({ connect, portfolio, handlers, settings }, workerName);
  const ending = new AbortController();
  const lanes = lanesOf(handlers, portfolio);
  const environment = settings.texts;
  const known = { handlers: found, environment, feeds: undefined, lanesOf: () => lanes };
  const limits = settings.runtime.activation;
  const exposureNow = exposureKept(runtime, portfolio, found);
  const about = { handlers: found, lanes, environment: PAPER_STAGE.settings, limits, exposureNow };
  const operations = operationsOn(runtime.redisOf(portfolio), portfolio, about);
  const stop = async () => {
    ending.abort();
    await runtime.stop();
  };
  return { runtime, shown: { runtime, known, operationsOf: () => operations, ending: ending.signal }, stop };
}

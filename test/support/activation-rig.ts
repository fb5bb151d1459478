import { ActivationEvidence, POLICY } from './activation-evidence.ts';
import { HeatRig } from './heat-rig.ts';
import type { SystemOptions } from './system.ts';

export { ACTIVATION, POLICY, REHEARSAL, UP_TIME } from './activation-evidence.ts';

/** A heat gate in shadow that could be activated, on a real Redis: each test takes one thing of that away. */
export class ActivationRig extends ActivationEvidence {
  readonly heat: HeatRig;

  private constructor(heat: HeatRig) {
    super(() => heat.client);
    this.heat = heat;
  }

  /** Starts the Redis alone. `timings` are the waits of the worker to come. */
  static async start(timings?: SystemOptions['timings']): Promise<ActivationRig> {
    return new ActivationRig(await HeatRig.start(timings));
  }

  /** Everything as an activation wants it, with one running worker. `hours` in shadow, and the decisions of that time. */
  async ready(evidence: Parameters<ActivationEvidence['collected']>[0] = {}): Promise<void> {
    await this.heat.stopWorker();
    await this.client.flushall();
    const nowMs = await this.nowMs();
    await this.collected(evidence);
    await this.reader();
    await this.heat.worker({ P26_MODE: 'shadow' });
    await this.heat.calm();
    await this.rehearsed(nowMs);
  }

  async mode(): Promise<string> {
    return (await this.client.hget(POLICY, 'mode')) ?? '';
  }

  /** The newest entries of the ops ledger, `actor action before → after` each, oldest first. */
  async ledger(): Promise<string[]> {
    const entries = await this.heat.entries('quantum:stream:ops.ledger');
    return entries.map(({ actor, action, before, after }) => `${actor} ${action} ${before} → ${after}`);
  }

  async stop(): Promise<void> {
    await this.heat.stop();
  }
}

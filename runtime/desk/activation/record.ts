import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { type Activation, activationOf } from '../../../schemas/activation.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** An activation with the gate it is of. */
export interface GateActivation extends Activation {
  readonly gate: string;
}

/** The last activation of a gate; `undefined` where it never had one. A key of another type counts as absent. */
export async function readActivation(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
): Promise<GateActivation | undefined> {
  const key = portfolio.key(runtimeKeys.activation(gate));
  if ((await redis.type(key)) !== 'hash') return undefined;
  const found = activationOf(fieldsOf(Object.entries(await redis.hgetall(key)).flat()));
  return found && { gate, ...found };
}

/** The last activations of all gates that ever had one. */
export async function readActivations(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): Promise<GateActivation[]> {
  const found = await Promise.all(modalGates(handlers).map(({ gate }) => readActivation(redis, portfolio, gate)));
  return found.filter((one) => one !== undefined);
}

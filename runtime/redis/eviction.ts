/** What of a server's settings decides whether it may drop keys by itself. */
export interface MemoryPolicy {
  /** Bytes; 0: no limit. */
  readonly maxMemory: number;
  /** Empty where the server does not say. */
  readonly policy: string;
}

/** The memory settings in a server's `INFO memory`, which every role that may run the gates can ask for. */
export function memoryPolicyOf(info: string): MemoryPolicy {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return { maxMemory: Number(field('maxmemory')) || 0, policy: field('maxmemory_policy') };
}

/** Whether a server may drop keys when it is full: with a limit, and any policy but `noeviction`. */
export function mayEvict({ maxMemory, policy }: MemoryPolicy): boolean {
  return maxMemory > 0 && policy !== 'noeviction';
}

/** Why a server with these settings is not used, and what to do; empty where it is. */
export function evictionProblem(memory: MemoryPolicy): string {
  if (!mayEvict(memory)) return '';
  const { maxMemory, policy } = memory;
  return (
    `expected a Redis that evicts nothing, got maxmemory ${maxMemory} with maxmemory-policy ${policy || 'unknown'}: it ` +
    'could drop the kill switch, permits and limits. redis-cli CONFIG SET maxmemory-policy noeviction (and in redis.conf)'
  );
}

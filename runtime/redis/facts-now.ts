import type { Redis } from 'ioredis';
import type { HashFact, TextFact } from '../../handlers/contract/reads.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { isWrongType } from './problem.ts';

/** A hash as it is now; one of another type is told apart from one that is not there. */
export async function hashFact(redis: Redis, key: string): Promise<HashFact> {
  try {
    const flat = Object.entries(await redis.hgetall(key)).flat();
    return { fields: flat.length === 0 ? null : fieldsOf(flat), wrongType: false };
  } catch (error) {
    if (isWrongType(error)) return { fields: null, wrongType: true };
    throw error;
  }
}

/** A text as it is now, likewise. */
export async function textFact(redis: Redis, key: string): Promise<TextFact> {
  try {
    return { text: await redis.get(key), wrongType: false };
  } catch (error) {
    if (isWrongType(error)) return { text: null, wrongType: true };
    throw error;
  }
}

import { toJson } from '../../schemas/json.ts';
import type { Failure } from '../contract/handler.ts';

const TEXT_AT_MOST = 200;

/** What the decision log says, as JSON text, of a message that could not be judged: why, and in how many attempts. */
export function failureJson({ reason, attempts }: Failure): string {
  return toJson({ failure: reason.slice(0, TEXT_AT_MOST), attempts });
}

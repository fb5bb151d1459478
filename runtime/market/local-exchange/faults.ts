import { z } from 'zod';

/** What an answer is made into while a fault is on. */
export const FaultKind = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rate_limited'), retryAfterSec: z.number().positive() }),
  z.strictObject({ kind: z.literal('banned'), forMs: z.number().positive() }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    code: z.number().int().default(-1001),
    msg: z.string().default('Internal error; unable to process your request. Please try again.'),
  }),
  z.strictObject({ kind: z.literal('html'), status: z.number().int().min(200).max(599).default(502) }),
  z.strictObject({ kind: z.literal('half_json') }),
  z.strictObject({ kind: z.literal('hang'), ms: z.number().positive() }),
  z.strictObject({ kind: z.literal('reset') }),
]);

/** What an answer is made into while a fault is on. */
export type FaultKind = z.infer<typeof FaultKind>;

/** A fault: which requests it hits (paths that begin with `path`; all without it), and until when. */
export interface Fault {
  readonly kind: FaultKind;
  readonly path: string;
  /** Requests it still hits. */
  left: number;
  /** Unix ms by the exchange's clock. */
  readonly untilMs: number;
}

/** The faults that were asked for, oldest first. */
export class Faults {
  #faults: Fault[] = [];

  /** Puts a fault on. Without `times` and `forMs` it stays until `heal`. */
  add(kind: FaultKind, where: { path?: string; times?: number; forMs?: number }, nowMs: number): void {
    const forMs = kind.kind === 'banned' ? (where.forMs ?? kind.forMs) : where.forMs;
    this.#faults.push({
      kind,
      path: where.path ?? '/',
      left: where.times ?? Infinity,
      untilMs: forMs === undefined ? Infinity : nowMs + forMs,
    });
  }

  /** Ends all faults. */
  heal(): void {
    this.#faults = [];
  }

  /** The fault that hits a request for this path now, which is used up by it. */
  hit(path: string, nowMs: number): Fault | undefined {
    this.#faults = this.#faults.filter(({ left, untilMs }) => left > 0 && untilMs > nowMs);
    const fault = this.#faults.find((one) => path.startsWith(one.path));
    if (fault !== undefined) fault.left -= 1;
    return fault;
  }
}

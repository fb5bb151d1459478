import type { AskAnswer } from '../../../../schemas/api/permit.ts';
import { UnknownReply } from '../connection.ts';
import { type Order, OutcomeUnknown, type PermitResult } from '../http.ts';
import { NoVerdict } from '../verdict.ts';

/** What is asked: an `HttpGate`, or anything of its shape. */
export interface AskingGate {
  ask(order: Order): Promise<AskAnswer>;
  result(planId: string, result: PermitResult): Promise<void>;
}

/** A permit; `undefined` for an exit that nobody answered for. */
export type Given = Extract<AskAnswer, { granted: true }> | undefined;

/** No permit, so no order was sent. */
export class OrderRefused extends Error {
  readonly reason: string;
  /** The governor's answer; `undefined` where none came. */
  readonly answer: AskAnswer | undefined;

  constructor(reason: string, words: string, answer?: AskAnswer) {
    super(`${words} (${reason})`);
    this.reason = reason;
    this.answer = answer;
  }
}

/**
 * Asks for an order, once more where an answer was lost. Throws `OrderRefused`, also for an order that opens where no answer
 * came; an exit is let through then. What cannot be asked, and a token that may not, throw as the gate does.
 */
export async function permitFor(gate: AskingGate, order: Order): Promise<Given> {
  let lost: Error;
  try {
    const answer = await answered(gate, order);
    if (answer.granted) return answer;
    if (answer.reason !== 'deadline_passed') throw new OrderRefused(answer.reason, answer.words, answer);
    lost = new NoVerdict('it was judged after its deadline');
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
    lost = error as Error;
  }
  if (!order.reduce_only) throw new OrderRefused('no_answer', `no answer came: ${lost.message}`);
  console.error(`plan ${order.plan_id}: no answer, and an exit is not held up by that: ${lost.message}`);
  return undefined;
}

async function answered(gate: AskingGate, order: Order): Promise<AskAnswer> {
  try {
    return await gate.ask(order);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    return await gate.ask(order);
  }
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof OutcomeUnknown || error instanceof NoVerdict || error instanceof UnknownReply;
}

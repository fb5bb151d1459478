import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import {
  AskAnswer,
  type AskBody,
  GiveBackAnswer,
  PermitResultAnswer,
  type PermitResultBody,
} from '../../../schemas/api/permit.ts';
import { ASK_TIMEOUT_MS } from '../../../schemas/ask.ts';
import { parseJson } from '../../../schemas/json.ts';
import { UnknownReply } from './connection.ts';
import { NoVerdict } from './verdict.ts';

/** What an answer may take beyond the deadline: the look at what was committed, and the way. Milliseconds. */
const GRACE_MS = 3_000;
const CHANGE_TIMEOUT_MS = 10_000;

/** An order to ask a permit for: quantity in the base asset, notional and price in US dollars, times in milliseconds. */
export type Order = z.input<typeof AskBody>;

/** What became of the order of a permit. */
export type PermitResult = z.input<typeof PermitResultBody>;

/** It is not known whether there is a permit: ask again with the same plan id. */
export class OutcomeUnknown extends Error {
  readonly planId: string;

  constructor(planId: string, message: string) {
    super(message);
    this.planId = planId;
  }
}

/** A request that was refused: bad input (400), a token that may not (401, 403), another order under the plan id (409). */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Where Portcullis answers, and who asks. */
export interface HttpGateOptions {
  /** Such as `http://127.0.0.1:8040`. */
  readonly url: string;
  /** One of `TRADER_TOKENS`, or the operator's. */
  readonly token: string;
  /** The prefix of the portfolio; a token that is bound to one needs none. */
  readonly portfolio?: string;
}

/** Asks for permits over HTTP: no connection to Redis, and one call for each. */
export class HttpGate {
  readonly #options: HttpGateOptions;

  constructor(options: HttpGateOptions) {
    this.#options = options;
  }

  /**
   * Asks for a permit and waits for the answer: a permit that is nobody else's, or why there is none, with the largest
   * size that would pass. Throws `NoVerdict` where there is none and can be none any more, `OutcomeUnknown` where nobody
   * knows, and `RequestRefused` for what cannot be asked.
   */
  async ask(order: Order): Promise<AskAnswer> {
    const planId = order.plan_id ?? randomUUID();
    const waitMs = (order.timeout_ms ?? ASK_TIMEOUT_MS) + GRACE_MS;
    return await this.#call(planId, AskAnswer, { path: '', body: { ...order, plan_id: planId }, waitMs });
  }

  /** Says what became of the order of a permit; a rejected one gives its room back. */
  async result(planId: string, result: PermitResult): Promise<void> {
    await this.#call(planId, PermitResultAnswer, { path: `/${encodeURIComponent(planId)}/result`, body: result });
  }

  /** Gives a permit back that was not used; whether its room is free already. */
  async giveBack(planId: string): Promise<boolean> {
    const answer = await this.#call(planId, GiveBackAnswer, {
      path: `/${encodeURIComponent(planId)}`,
      method: 'DELETE',
    });
    return answer.given_back;
  }

  async #call<T>(
    planId: string,
    schema: z.ZodType<T>,
    { path, method = 'POST', body, waitMs = CHANGE_TIMEOUT_MS }: Call,
  ): Promise<T> {
    const { status, text } = await this.#sent(planId, { path, method, body, waitMs });
    const answer = parseJson(text);
    if (status === 200) {
      const parsed = schema.safeParse(answer);
      if (parsed.success) return parsed.data;
      throw new UnknownReply(`expected the answer on plan ${planId}, got ${text.slice(0, 120)}`);
    }
    const { message = text.slice(0, 120) } = (answer ?? {}) as { message?: string };
    if (status === 504) throw new NoVerdict(message);
    if (status >= 500) throw new OutcomeUnknown(planId, message);
    throw new RequestRefused(status, message);
  }

  async #sent(
    planId: string,
    { path, method, body, waitMs }: Required<Call>,
  ): Promise<{ status: number; text: string }> {
    const { url, token, portfolio } = this.#options;
    const query = portfolio === undefined ? '' : `?portfolio=${encodeURIComponent(portfolio)}`;
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/v1/permits${path}${query}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(waitMs),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new OutcomeUnknown(planId, `expected an answer from ${url} on plan ${planId}, got ${causeOf(error)}`);
    }
  }
}

interface Call {
  readonly path: string;
  readonly method?: 'POST' | 'DELETE';
  readonly body?: object | undefined;
  readonly waitMs?: number;
}

function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error };
  return cause?.message || message;
}

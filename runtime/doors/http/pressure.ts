import pressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';

const MAX_EVENT_LOOP_DELAY_MS = 250;
const RETRY_AFTER_SEC = 5;

class PressureError extends HttpError {
  constructor() {
    super(503, 'this process is busy: its event loop is late. Try again shortly');
  }
}

/**
 * Answers 503 with `Retry-After` while the event loop is late on average; routes with `underPressureToo` go on.
 * By delay, not by utilisation: a worker that drains a backlog is fully utilised by right.
 */
export async function underPressure(app: FastifyInstance, maxDelayMs = MAX_EVENT_LOOP_DELAY_MS): Promise<void> {
  await app.register(pressure, {
    maxEventLoopDelay: maxDelayMs,
    retryAfter: RETRY_AFTER_SEC,
    customError: PressureError,
  });
}

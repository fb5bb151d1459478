import type { Alert } from '../../../schemas/alert.ts';
import type { AlertSettings } from '../../settings/alert-settings.ts';
import { messageOf } from './message.ts';

const ANSWER_WITHIN_MS = 5_000;
/** What a receiver says when it may take the same message later. */
const LATER = new Set([408, 425, 429]);

/** How an attempt ended: taken; or why not, and whether the receiver refuses this message for good. */
export interface Delivery {
  /** Empty where it was taken. It never has the address, which may hold a key. */
  readonly problem: string;
  readonly isRefused: boolean;
}

/** Sends one alert, once. A redirect is not followed: it would take the alert, and the signature, to another address. */
export async function deliver(alert: Alert, settings: AlertSettings, nowMs: number): Promise<Delivery> {
  const { body, headers } = messageOf(alert, settings, nowMs);
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(settings.url, { method: 'POST', body, headers, redirect: 'manual', signal });
    await answer.body?.cancel();
    if (answer.ok) return { problem: '', isRefused: false };
    const { status } = answer;
    if (status >= 300 && status < 400) return { problem: `${status}: redirects are not followed`, isRefused: false };
    return { problem: `status ${status}`, isRefused: status >= 400 && status < 500 && !LATER.has(status) };
  } catch (error) {
    return { problem: causeOf(error), isRefused: false };
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

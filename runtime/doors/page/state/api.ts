import { chosenPortfolio } from './address.ts';
import { session } from './session.ts';

/** A request that the server refused, or that never reached it (`status` 0). The message is the server's own sentence. */
class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Parameters of a request; those without a value are left out. */
export type Parameters = Readonly<Record<string, string | number | undefined>>;

/** Asks for something of the portfolio on the page. Throws `RequestError`; a session that is over leads to the sign-in. */
export async function ask<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return await request<T>(path, parameters, { ...(signal !== undefined && { signal }) });
}

/** Asks something that wants a body, or changes something. Throws `RequestError`. */
export async function send<T>(path: string, body: unknown, parameters: Parameters = {}): Promise<T> {
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': session.value?.csrf ?? '' };
  return await request<T>(path, parameters, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The sentence of an error for whoever reads the page. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The address of an answer about the portfolio on the page, for a link that saves it. */
export function addressOf(path: string, parameters: Parameters): string {
  return `${path}?${queryOf(parameters)}`;
}

async function request<T>(path: string, parameters: Parameters, init: RequestInit): Promise<T> {
  const response = await reached(addressOf(path, parameters), init);
  const answer = await answerOf(response);
  if (response.ok) return answer as T;
  if (response.status === 401) session.value = null;
  throw new RequestError(response.status, messageOf(answer, response.status));
}

function queryOf(parameters: Parameters): string {
  const named = { portfolio: chosenPortfolio.value, ...parameters };
  const given = Object.entries(named).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

async function reached(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, cache: 'no-store', credentials: 'same-origin' });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new RequestError(0, 'Portcullis does not answer. It may be stopped: look at the terminal it runs in.');
  }
}

async function answerOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function messageOf(answer: unknown, status: number): string {
  const said = typeof answer === 'object' && answer !== null && 'message' in answer ? answer.message : undefined;
  return typeof said === 'string' ? said : `expected an answer, got status ${status}`;
}

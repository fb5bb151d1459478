import { parseJson } from '../../../schemas/json.ts';

/** What an answer may take, ms; an ask for a permit may take longer by its own `timeout_ms`. */
const WAIT_MS = 10_000;
const MOST_CHARACTERS = 500;

/** What is asked of the running system: a path under `/v1` with its query and body. */
export interface SystemRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
  /** Milliseconds that an answer may take besides the usual. */
  readonly longerMs?: number;
  /** A refusal that is an answer. */
  readonly accepts?: number;
}

/** The running system refused a request, or gave no answer to it: what was expected, what came, and what to do. */
export class NotAnswered extends Error {}

/** The running system as an agent reaches it: its HTTP, with the token of that agent. */
export class System {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** The body of the answer. Throws `NotAnswered`. */
  async call({ method, path, query = {}, body, longerMs = 0, accepts }: SystemRequest): Promise<unknown> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const asked = new URLSearchParams(
      given.map(([name, value]) => [name, String(value)] as [string, string]),
    ).toString();
    const { status, text } = await this.#sent(`/v1${path}${asked === '' ? '' : `?${asked}`}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(WAIT_MS + longerMs),
    });
    const answer = parseJson(text);
    if ((status === 200 || status === accepts) && typeof answer === 'object' && answer !== null) return answer;
    const { error = `HTTP ${status}`, message = text } = (answer ?? {}) as { error?: string; message?: string };
    const hint = status === 401 ? '. MCP_TOKEN has to be one of AGENT_TOKENS of the running system' : '';
    throw new NotAnswered(`${error}: ${message.slice(0, MOST_CHARACTERS)}${hint}`);
  }

  async #sent(path: string, request: RequestInit): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.#url}${path}`, request);
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
      throw new NotAnswered(
        `unavailable: expected Portcullis to answer at ${this.#url}, got ${cause?.code ?? message}. Is it running there (MCP_URL)? Without an answer there is no permit: open nothing`,
      );
    }
  }
}

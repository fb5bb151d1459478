import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from '../../../schemas/api/session.ts';
import { quoted } from '../../../schemas/setting.ts';
import type { TraderToken } from '../../settings/traders.ts';
import { sessionIdOf } from './console/cookie.ts';
import type { ConsoleSession, Sessions } from './console/sessions.ts';
import type { HttpOptions } from './context.ts';
import { HttpError } from './errors.ts';
import { lastOf } from './parameters.ts';
import { bearerToken, isSame } from './tokens.ts';
import type { WrongTokens } from './wrong-tokens.ts';

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
/** Why a change by session is refused that another page may have made. */
export const NOT_OURS =
  'expected a change made by a page of this address, got one of which no browser says so (Sec-Fetch-Site, Origin)';
const CHANGES_NOTHING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Who makes a request, and by what: a bearer token, or a session of the console. */
export interface Requester {
  readonly role: Role;
  readonly session?: ConsoleSession;
}

/** A strategy that asks for permits by a token of its own. */
interface Trader {
  readonly role: 'trader';
  readonly session?: undefined;
  readonly trader: TraderToken;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on a POST route that only answers a question. */
    changesNothing?: true;
    /** Set on routes that strategies may use by their own tokens. */
    forTraders?: true;
    /** Set on routes that agents may use by their own tokens besides: they look, propose exits, and tighten. */
    forAgents?: true;
    /**
     * Set on a route some of whose requests are compared however many wrong tokens came: says of one whether it is
     * urgent, once its body is validated. It throws for what would fail with the right token too.
     */
    isUrgent?: (request: FastifyRequest) => boolean;
  }
  interface FastifyRequest {
    /** Who was let pass by `Access.guard`. */
    requester: Requester | Trader | null;
  }
}

/** The one place that says who a request is, and what it may do. */
export class Access {
  readonly #options: HttpOptions;
  readonly #sessions: Sessions;
  readonly #wrongTokens: WrongTokens;
  readonly #known = new WeakMap<IncomingMessage, Promise<Requester | Trader | undefined>>();

  constructor(options: HttpOptions, sessions: Sessions, wrongTokens: WrongTokens) {
    this.#options = options;
    this.#sessions = sessions;
    this.#wrongTokens = wrongTokens;
  }

  /**
   * Who a request is; a bearer token counts before a session. Throws a 503 while a session cannot be looked up, and a 429
   * while no token of its address is compared.
   */
  async requesterOf(request: IncomingMessage): Promise<Requester | undefined> {
    const known = await this.#knownAs(request);
    return known?.role === 'trader' ? undefined : known;
  }

  /** The role that a token gives, if it is one of ours. The comparisons take the same time whatever was sent. */
  roleOf(token: string): Role | undefined {
    const { adminToken, viewerToken } = this.#options;
    const isOperator = isSame(token, adminToken);
    const isViewer = viewerToken !== undefined && isSame(token, viewerToken);
    if (isOperator) return 'operator';
    return isViewer ? 'viewer' : undefined;
  }

  /** A hook for routes behind sign-in: whoever is known may look; a change wants what `requireChange` wants. */
  readonly guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.header('Cache-Control', 'no-store');
    if (request.routeOptions.config.isUrgent !== undefined && this.#mustWait(request.raw)) return;
    const trader = await this.#traderOf(request);
    if (trader !== undefined) bindToPortfolio(request, trader);
    request.requester =
      trader ?? (isLook(request) ? await this.requireLook(request) : await this.requireChange(request));
  };

  /** A hook for the same routes, once the body is validated: an urgent change is heard from an address that must wait. */
  readonly guardUrgent = async (request: FastifyRequest): Promise<void> => {
    if (request.requester !== null) return;
    const { raw, routeOptions } = request;
    // With any other answer to the right token than an urgent change this would be a way to guess.
    if (routeOptions.config.isUrgent?.(request) !== true) this.#wrongTokens.requireRoom(raw);
    const sent = bearerToken(raw.headers.authorization);
    if (sent === undefined || !isSame(sent, this.#options.adminToken)) {
      this.#wrongTokens.count(raw);
      throw notKnown(raw);
    }
    request.requester = { role: 'operator' };
  };

  /** A hook for the same routes, before the body is validated: a change made by a session is made in its name, whatever its body says. */
  readonly signChange = async (request: FastifyRequest): Promise<void> => {
    const { requester, routeOptions } = request;
    const body = request.body ?? {};
    if (isLook(request) || routeOptions.config.forTraders === true || !isObject(body)) return;
    if (requester?.session === undefined) return;
    request.body = { ...body, actor: requester.session.name };
  };

  /** Who asks; a 401 for somebody who is not known. */
  async requireLook({ raw }: FastifyRequest): Promise<Requester> {
    const requester = await this.#knownAs(raw);
    if (requester === undefined) throw notKnown(raw);
    if (requester.role !== 'trader') return requester;
    const { strategy, agent } = requester.trader;
    const may = agent
      ? 'it asks for permits, proposes exits, looks and tightens (/v1/tighten)'
      : 'it asks for permits (/v1/permits)';
    throw new HttpError(
      403,
      `expected an operator or a viewer, got the token of strategy ${strategy}: ${may}, and does nothing else`,
    );
  }

  /** Who changes something; a 401 for somebody who is not known, a 403 for somebody who may not, saying why. */
  async requireChange(request: FastifyRequest): Promise<Requester> {
    const requester = await this.requireLook(request);
    const problem = this.rightProblem(requester) ?? forgeryProblem(requester, request.raw);
    if (problem === undefined) return requester;
    throw new HttpError(403, problem);
  }

  /** Who is signed in and ends their own session; a 401 for anybody else, a 403 for a request their page did not make. */
  async requireOwnSession(request: FastifyRequest): Promise<ConsoleSession> {
    const { session, role } = await this.requireLook(request);
    if (session === undefined) throw new HttpError(401, 'expected somebody who is signed in, got a bearer token');
    const problem = forgeryProblem({ role, session }, request.raw);
    if (problem !== undefined) throw new HttpError(403, problem);
    return session;
  }

  /** Why somebody may change nothing, whatever they present; `undefined` when they may. */
  rightProblem({ role, session }: Requester): string | undefined {
    if (role !== 'operator') return 'expected an operator for a change, got a viewer: sign in with ADMIN_TOKEN';
    if (session === undefined || this.#options.consoleReadOnly !== true) return undefined;
    return 'expected a change by command line or bearer token, got one by session while CONSOLE_READ_ONLY is set';
  }

  #mustWait(request: IncomingMessage): boolean {
    return bearerToken(request.headers.authorization) !== undefined && this.#wrongTokens.waitMs(request) > 0;
  }

  async #knownAs(request: IncomingMessage): Promise<Requester | Trader | undefined> {
    const known = this.#known.get(request) ?? this.#identify(request);
    this.#known.set(request, known);
    return await known;
  }

  /** The strategy that a request is of, where its route is for such. */
  async #traderOf({ raw, routeOptions }: FastifyRequest): Promise<Trader | undefined> {
    const { forTraders, forAgents } = routeOptions.config;
    if (forTraders !== true && forAgents !== true) return undefined;
    const known = await this.#knownAs(raw);
    if (known?.role !== 'trader') return undefined;
    return forTraders === true || known.trader.agent === true ? known : undefined;
  }

  async #identify(request: IncomingMessage): Promise<Requester | Trader | undefined> {
    if (request.headers.authorization !== undefined) {
      const sent = bearerToken(request.headers.authorization);
      if (sent === undefined) return undefined;
      this.#wrongTokens.requireRoom(request);
      const role = this.roleOf(sent);
      if (role !== undefined) return { role };
      const { traderTokens = [], proofs } = this.#options;
      const trader = traderWith(sent, traderTokens) ?? proofs?.traderOf(sent);
      if (trader === undefined) this.#wrongTokens.count(request);
      return trader && { role: 'trader', trader };
    }
    const id = sessionIdOf(request);
    const session = id === undefined ? undefined : await this.#sessions.use(id);
    return session === undefined ? undefined : { role: session.role, session };
  }
}

/** Whether a browser says that a page of this very address made the request; `undefined` where nothing says anything. */
export function madeByOwnPage({ headers }: IncomingMessage): boolean | undefined {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  if (origin === undefined) return undefined;
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}

/** Whether a request was made by a program on this machine: not through a proxy, and not by a page in a browser. */
export function isLocalProgram(request: FastifyRequest): boolean {
  const { headers, socket } = request;
  const relayed = headers['x-forwarded-for'] ?? headers.forwarded ?? headers.origin;
  return relayed === undefined && LOOPBACK.test(socket.remoteAddress ?? '');
}

/** A token that is for one portfolio means that one, whatever is asked. */
function bindToPortfolio(request: FastifyRequest, { trader: { portfolio } }: Trader): void {
  if (portfolio === undefined) return;
  const query = request.query as Record<string, string | readonly string[] | undefined>;
  const asked = lastOf(query.portfolio) ?? portfolio;
  if (asked !== portfolio) {
    throw new HttpError(403, `portfolio: expected ${portfolio}, which the token is for, got ${quoted(asked)}`);
  }
  query.portfolio = portfolio;
}

function isLook({ method, routeOptions }: FastifyRequest): boolean {
  return CHANGES_NOTHING.has(method) || routeOptions.config.changesNothing === true;
}

function isObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** Why a request may have been made by a page of another address in the name of who is signed in. */
function forgeryProblem({ session }: Requester, request: IncomingMessage): string | undefined {
  if (session === undefined) return undefined;
  if (madeByOwnPage(request) !== true) return NOT_OURS;
  const sent = request.headers['x-csrf-token'];
  if (typeof sent === 'string' && isSame(sent, session.csrf)) return undefined;
  return `expected the session's own X-CSRF-Token for a change, got ${sent === undefined ? 'none' : 'another'}`;
}

function notKnown(request: IncomingMessage): HttpError {
  const expected = '"Authorization: Bearer <ADMIN_TOKEN>" or a session of the console';
  return new HttpError(401, `expected ${expected}, got ${whatCame(request)}`);
}

function whatCame(request: IncomingMessage): string {
  if (request.headers.authorization !== undefined) return 'another token';
  return sessionIdOf(request) === undefined ? 'no such header' : 'a session that is over';
}

/** Every token is compared, so that the time tells of none. */
function traderWith(sent: string, traders: readonly TraderToken[]): TraderToken | undefined {
  return traders.filter(({ token }) => isSame(sent, token)).at(0);
}

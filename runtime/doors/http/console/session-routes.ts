import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { EnterBody, type Role, type Session as SessionAnswer, SignInBody } from '../../../../schemas/api/session.ts';
import { MINUTE_MS } from '../../../../schemas/duration.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';
import { VERSION } from '../../../settings/project-files.ts';
import { madeByOwnPage } from '../access.ts';
import { askRedis, type HttpContext, underPressureToo } from '../context.ts';
import { HttpError } from '../errors.ts';
import { lastOf, type Query } from '../parameters.ts';
import { validatorCompiler } from '../validation.ts';
import { TRIES } from '../wrong-tokens.ts';
import { sessionCookie, sessionIdOf } from './cookie.ts';
import { LINK_LIFE_MS, takeEntryLink } from './entry-links.ts';
import type { ConsoleSession } from './sessions.ts';

type SignIn = z.output<typeof SignInBody>;
type Enter = z.output<typeof EnterBody>;

const HOME = '/console/';

/** Signing in to the console and out of it. Who does so is in the log; a token never is. */
export function registerSessionRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('Cache-Control', 'no-store');
    });
    app.get('/session', { config: underPressureToo }, async ({ raw }) => {
      const session = (await context.access.requesterOf(raw))?.session;
      if (session === undefined) throw new HttpError(401, 'expected somebody who is signed in, got nobody');
      return answerOf(context, session);
    });
    app.delete('/session', { config: underPressureToo }, async (request, reply) => {
      const session = await context.access.requireOwnSession(request);
      await context.sessions.end(sessionIdOf(request.raw) ?? '');
      context.runtime.log.info({ name: session.name, role: session.role }, 'console: signed out');
      return reply.header('Set-Cookie', sessionCookie(request.raw)).code(204).send();
    });
    await registerSignIn(app, context);
  };
}

async function registerSignIn(app: FastifyInstance, context: HttpContext): Promise<void> {
  await app.register(rateLimit, { global: false, errorResponseBuilder: (_request, { after }) => tooMany(after) });
  const config = { ...underPressureToo, rateLimit: TRIES };
  app.setValidatorCompiler(validatorCompiler);
  const options = { config, schema: { body: SignInBody }, preValidation: requireOwnPage };
  app.post<{ Body: SignIn }>('/session', options, async (request, reply) => {
    const { token, name } = request.body;
    const role = context.access.roleOf(token);
    if (role === undefined) throw refused(context, request, 'another token');
    const session = await signIn(context, request, reply, { role, name: name ?? '' });
    return answerOf(context, session);
  });
  const entering = { config, schema: { body: EnterBody }, preValidation: requireOwnPage };
  app.post<{ Body: Enter }>('/enter', entering, async (request, reply) => {
    const name = await taken(context, request.body.link);
    if (name === undefined) throw refused(context, request, 'a link that was used, is too old or never was');
    return answerOf(context, await signIn(context, request, reply, { role: 'operator', name }));
  });
  // Whatever only looks at a link, as a preview in a chat does, must not use it up: the page has a button that does.
  app.get<{ Querystring: Query }>('/enter', { config: underPressureToo }, async (request, reply) => {
    const code = lastOf(request.query.link) ?? '';
    return reply.redirect(code === '' ? HOME : `${HOME}#/enter?${new URLSearchParams({ link: code })}`, 303);
  });
}

async function requireOwnPage({ raw }: FastifyRequest): Promise<void> {
  if (madeByOwnPage(raw) !== false) return;
  throw new HttpError(403, 'expected a sign-in made by the page of this address, got one of another');
}

/** The name of a link's operator. It may have been made beside any of the portfolios that are served here. */
async function taken({ runtime }: HttpContext, code: string): Promise<string | undefined> {
  const take = (portfolio: Portfolio) =>
    askRedis({ runtime, portfolio }, (redis) => takeEntryLink(redis, portfolio, code));
  return (await Promise.all(runtime.portfolios.map(take))).find((name) => name !== undefined);
}

async function signIn(
  { sessions, runtime }: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  who: { readonly role: Role; readonly name: string },
): Promise<ConsoleSession> {
  const { id, session } = await sessions.begin(who.role, who.name === '' ? who.role : who.name);
  reply.header('Set-Cookie', sessionCookie(request.raw, id));
  runtime.log.info({ name: session.name, role: session.role, address: request.ip }, 'console: signed in');
  return session;
}

function refused({ runtime }: HttpContext, request: FastifyRequest, what: string): HttpError {
  runtime.log.warn({ address: request.ip }, `console: sign-in refused, got ${what}`);
  const minutes = LINK_LIFE_MS / MINUTE_MS;
  const expected = `ADMIN_TOKEN, VIEWER_TOKEN, or a link that is unused and at most ${minutes} minutes old`;
  return new HttpError(
    401,
    `expected ${expected}, got ${what}. Sign in with a token at ${HOME}, or open a new link: npx portcullis console`,
  );
}

function tooMany(after: string): HttpError {
  return new HttpError(429, `expected at most ${TRIES.max} sign-ins a minute, got more: try again in ${after}`);
}

function answerOf({ options, runtime }: HttpContext, session: ConsoleSession): SessionAnswer {
  return {
    role: session.role,
    name: session.name,
    csrf: session.csrf,
    expires_at: Math.floor(session.endsMs / 1000),
    read_only: options.consoleReadOnly === true,
    version: VERSION,
    portfolios: runtime.portfolios.map(({ prefix }) => prefix),
  };
}

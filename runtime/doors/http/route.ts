import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { z } from 'zod';
import { contextFor, type HttpContext } from './context.ts';
import { lookedAt } from './http-context.ts';

/** The groups of routes, in the order of the document. */
export const TAGS = ['Now', 'Decisions', 'Permits', 'Policies', 'Records', 'Changes'] as const;

/** What is answered: by its schema, or, of what is no JSON, its content type. */
type Answered = z.ZodType | 'text/event-stream' | 'text/html';

/** What a route takes and answers. Requests are read by it, and the OpenAPI document is made of it. */
export interface RouteSchema<P = z.ZodType, Q = z.ZodObject, B = z.ZodType, R = Answered> {
  readonly tags: readonly (typeof TAGS)[number][];
  /** What it does, in a few words. */
  readonly summary: string;
  /** What there is to know besides. */
  readonly description?: string;
  readonly params?: P;
  /** The parameters of the query besides `portfolio`. */
  readonly querystring?: Q;
  readonly body?: B;
  /** Which gates its `gate` may name: those with modes, or those with limits that a policy may set. */
  readonly gates?: 'modes' | 'limits';
  /** What is answered with 200. */
  readonly response: R;
  /** Refusals besides those that every route has, and every change. */
  readonly refusals?: readonly (403 | 404 | 409 | 504)[];
}

/** A route of `/v1`, as it is served and as it is described. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without `/v1`. */
  readonly url: string;
  readonly schema: RouteSchema;
  /** With `changesNothing` a POST route only answers a question; every other one is a change. */
  readonly config?: RouteOptions['config'];
  readonly exposeHeadRoute?: false;
  /** Whether `answer` itself refuses a query that its schema did not take (`validationError`). */
  readonly attachValidation?: true;
  /** What is asked of a request before its schemas are; it throws. */
  readonly first?: (context: HttpContext, request: FastifyRequest) => void;
  /** Whether a change is urgent (`Access`). */
  isUrgent?(context: HttpContext, request: FastifyRequest): boolean;
  /** The body of the answer. */
  answer(context: HttpContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

interface TypedRoute<P extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType, R extends Answered>
  extends Omit<Route, 'schema' | 'answer' | 'isUrgent'> {
  readonly schema: RouteSchema<P, Q, B, R>;
  isUrgent?(context: HttpContext, request: TypedRequest<P, Q, B>): boolean;
  answer(
    context: HttpContext,
    request: TypedRequest<P, Q, B>,
    reply: FastifyReply,
  ): Promise<R extends z.ZodType ? z.output<R> : R extends 'text/html' ? string : void>;
}

type TypedRequest<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = FastifyRequest<{
  Params: z.output<P>;
  Querystring: z.output<Q>;
  Body: z.output<B>;
}>;

/** Declares a route: what its schemas read is what `answer` gets, and what it answers is what they say. */
export function route<
  R extends Answered,
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodUnknown,
>(declared: TypedRoute<P, Q, B, R>): Route {
  return declared;
}

/** For `first`: a portfolio that is not served is told of before anything else that is wrong. */
export function portfolioFirst(context: HttpContext, { query }: FastifyRequest): void {
  contextFor(context, query);
}

/** Whether a route changes something, so that looking on is not enough. */
export function isChange({ method, config }: Route): boolean {
  return method !== 'GET' && config?.changesNothing !== true;
}

/** The route as fastify takes it. Its answers are serialised as they are, so that their schemas stay here. */
export function served(declared: Route, context: HttpContext): RouteOptions {
  const { method, url, schema, exposeHeadRoute, attachValidation, first } = declared;
  const { params, querystring, body } = schema;
  const isUrgent = declared.isUrgent?.bind(undefined, context);
  const changes = isChange(declared);
  const contextOf = ({ query }: FastifyRequest) => (changes ? context : lookedAt(context, query));
  return {
    method,
    url,
    schema: { ...(params && { params }), ...(querystring && { querystring }), ...(body && { body }) },
    config: { ...declared.config, ...(isUrgent !== undefined && { isUrgent }) },
    ...(exposeHeadRoute !== undefined && { exposeHeadRoute }),
    ...(attachValidation !== undefined && { attachValidation }),
    ...(first !== undefined && {
      preValidation: async (request: FastifyRequest) => first(contextOf(request), request),
    }),
    handler: (request, reply) => declared.answer(contextOf(request), request, reply),
  };
}

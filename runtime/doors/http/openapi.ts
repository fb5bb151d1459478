import type { z } from 'zod';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { LiveDecisions } from '../../../schemas/api/decision.ts';
import { LedgerRow } from '../../../schemas/api/ledger.ts';
import { ErrorAnswer } from '../../../schemas/api/shapes.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { policyGates } from '../../engine/policy/policy-gate.ts';
import { type JsonSchema, JsonSchemas } from './json-schemas.ts';
import { isChange, type Route, type RouteSchema, TAGS } from './route.ts';

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'A parameter or body that cannot be used',
  401: 'No token and no session, or another one',
  403: 'Somebody who may look and not change, or a change that another page may have made',
  404: 'No such thing',
  409: 'The change was refused; the message says why',
  503: 'Redis is down or silent, or this process is busy',
  504: 'No verdict by the deadline: the plan can no longer get a permit',
};

const PORTFOLIO: JsonSchema = {
  name: 'portfolio',
  in: 'query',
  description:
    'The prefix of the portfolio that is meant; without it the first one served. A change needs it where there are several',
  schema: { type: 'string' },
};

const INFO = {
  title: 'Portcullis',
  version: '1',
  description:
    'What the console and programs ask of a running Portcullis. Generated from the schemas that the routes themselves use: `npm run docs`.',
};

/**
 * The OpenAPI 3.1 document of routes of `/v1`, with the gates that these handlers make up. It is made here and not by
 * `@fastify/swagger`, which writes shared parameters and refusals out at each route where this document refers to them,
 * and needs an app that is running.
 */
export function openApiDocument(
  routes: readonly Route[],
  handlers: readonly AnyHandler[],
): JsonSchema & { readonly openapi: string } {
  const gates = { modes: modalGates(handlers).map(({ gate }) => gate), limits: policyGates(handlers) };
  const schemas = new JsonSchemas();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const path = pathOf(route);
    const own = route.schema.gates && gates[route.schema.gates];
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas, own) };
  }
  const error = { 'application/json': { schema: schemas.answer(ErrorAnswer) } };
  const refusals = Object.fromEntries(
    Object.entries(REFUSALS).map(([status, description]) => [status, { description, content: error }]),
  );
  for (const event of [LiveDecisions, LedgerRow]) schemas.answer(event);
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: 'http://127.0.0.1:8040', description: 'HTTP_HOST and HTTP_PORT' }],
    security: [{ token: [] }, { session: [] }],
    tags: TAGS.map((name) => ({ name })),
    paths,
    components: {
      schemas: sorted(schemas.components),
      parameters: { portfolio: PORTFOLIO },
      responses: refusals,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'ADMIN_TOKEN; VIEWER_TOKEN may look; one of TRADER_TOKENS may ask for permits, one of AGENT_TOKENS look and tighten besides',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'portcullis_session',
          description: 'A session of the console; a change also needs its X-CSRF-Token',
        },
      },
    },
  };
}

/** The path of a route in the document: parts that vary in braces. */
export function pathOf({ url }: Route): string {
  return `/v1${url.replaceAll(/:(\w+)/g, '{$1}')}`;
}

function operationOf(route: Route, schemas: JsonSchemas, gates: readonly string[] | undefined): JsonSchema {
  const { summary, description, tags, body, response, refusals = [] } = route.schema;
  const changes = isChange(route);
  const names = [...route.url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const named = [...inPath, ...queryOf(route.schema, schemas)].map((parameter) => withGates(parameter, gates));
  const statuses = [400, 401, ...(changes ? [403, 409] : []), ...refusals, 503];
  const refused = statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }] as const);
  return {
    operationId: idOf(route),
    tags,
    summary,
    ...(description !== undefined && { description }),
    parameters: [...named, { $ref: '#/components/parameters/portfolio' }],
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: bodyOf(schemas.body(body), gates) } } },
    }),
    responses: { 200: { description: summary, content: contentOf(response, schemas) }, ...Object.fromEntries(refused) },
  };
}

type Parameter = { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };

/** The same with the gates that it may name, where it is one. */
function withGates<P extends Parameter>(parameter: P, gates: readonly string[] | undefined): P {
  if (parameter.name !== 'gate' || gates === undefined) return parameter;
  return { ...parameter, schema: { ...parameter.schema, enum: gates } };
}

function bodyOf(schema: JsonSchema, gates: readonly string[] | undefined): JsonSchema {
  const properties = schema.properties as Readonly<Record<string, JsonSchema>> | undefined;
  if (properties?.gate === undefined || gates === undefined) return schema;
  return { ...schema, properties: { ...properties, gate: { ...properties.gate, enum: gates } } };
}

function queryOf({ querystring }: RouteSchema, schemas: JsonSchemas): (Parameter & JsonSchema)[] {
  const parameters = Object.entries(querystring?.shape ?? {}) as [string, z.ZodType][];
  return parameters.map(([name, parameter]) => {
    const described: JsonSchema = { ...schemas.body(parameter), ...parameter.meta() };
    const { description, required = !parameter.safeParse(undefined).success, ...schema } = described;
    return { name, description, ...(required === true && { required }), schema, in: 'query' };
  });
}

function contentOf(answer: RouteSchema['response'], schemas: JsonSchemas): JsonSchema {
  if (typeof answer === 'string') return { [answer]: { schema: { type: 'string' } } };
  return { 'application/json': { schema: schemas.answer(answer) } };
}

/** `get_policies_gate` of `GET /policies/:gate`. */
function idOf({ method, url }: Route): string {
  return `${method.toLowerCase()}${url.replaceAll(/[^A-Za-z]+/g, '_')}`.replace(/_$/, '');
}

function sorted(components: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { LiveDecisions } from '../../../schemas/api/decision.ts';
import { LedgerRow } from '../../../schemas/api/ledger.ts';
import { ErrorAnswer } from '../../../schemas/api/shapes.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { policyGates } from '../../engine/policy/policy-gate.ts';
import { changeRoutes } from './change-routes.ts';
import { type JsonSchema, JsonSchemas } from './json-schemas.ts';
import { lookRoutes } from './look-routes.ts';
import type { DescribedRoute, QueryParameter } from './route.ts';

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'A parameter or body that cannot be used',
  401: 'No token and no session, or another one',
  403: 'Somebody who may look and not change, or a change that another page may have made',
  404: 'No such thing',
  409: 'The change was refused; the message says why',
  503: 'Redis is down or silent, or this process is busy',
};

const PORTFOLIO: QueryParameter & { readonly in: 'query' } = {
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

/** Every route of `/v1`, in the order of the document. */
export const describedRoutes: readonly DescribedRoute[] = [...lookRoutes, ...changeRoutes];

/** The OpenAPI 3.1 document of `/v1`, with the gates that these handlers make up. */
export function openApiDocument(handlers: readonly AnyHandler[]): JsonSchema {
  const gates = { modes: modalGates(handlers).map(({ gate }) => gate), limits: policyGates(handlers) };
  const schemas = new JsonSchemas();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of describedRoutes) {
    const path = `/v1${route.path}`;
    paths[path] = { ...paths[path], [route.method]: operationOf(route, schemas, route.gates && gates[route.gates]) };
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
    tags: ['Now', 'Decisions', 'Policies', 'Records', 'Changes'].map((name) => ({ name })),
    paths,
    components: {
      schemas: sorted(schemas.components),
      parameters: { portfolio: PORTFOLIO },
      responses: refusals,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN; VIEWER_TOKEN may look' },
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

function operationOf(route: DescribedRoute, schemas: JsonSchemas, gates: readonly string[] | undefined): JsonSchema {
  const { method, path, summary, description, tag, body, answer, changes, refusals = [] } = route;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = (route.query ?? []).map((parameter) => ({ ...parameter, in: 'query' }));
  const named = [...inPath, ...inQuery].map((parameter) => withGates(parameter, gates));
  const statuses = [400, 401, ...(changes === true ? [403] : []), ...refusals, 503];
  const refused = statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }] as const);
  return {
    operationId: idOf(method, path),
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: [...named, { $ref: '#/components/parameters/portfolio' }],
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: bodyOf(schemas.body(body), gates) } } },
    }),
    responses: { 200: { description: summary, content: contentOf(answer, schemas) }, ...Object.fromEntries(refused) },
  };
}

type Parameter = { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };

/** The same with the gates that it may name, where it is one. */
function withGates(parameter: Parameter, gates: readonly string[] | undefined): Parameter {
  if (parameter.name !== 'gate' || gates === undefined) return parameter;
  return { ...parameter, schema: { ...parameter.schema, enum: gates } };
}

function bodyOf(schema: JsonSchema, gates: readonly string[] | undefined): JsonSchema {
  const properties = schema.properties as Readonly<Record<string, JsonSchema>> | undefined;
  if (properties?.gate === undefined || gates === undefined) return schema;
  return { ...schema, properties: { ...properties, gate: { ...properties.gate, enum: gates } } };
}

function contentOf(answer: DescribedRoute['answer'], schemas: JsonSchemas): JsonSchema {
  if (typeof answer === 'string') return { [answer]: { schema: { type: 'string' } } };
  return { 'application/json': { schema: schemas.answer(answer) } };
}

/** `get_policies_gate` of `GET /policies/{gate}`. */
function idOf(method: string, path: string): string {
  return `${method}${path.replaceAll(/[^A-Za-z]+/g, '_')}`.replace(/_$/, '');
}

function sorted(components: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describedStreams } from '../../../handlers/contract/streams.ts';
import { asyncApiDocument } from '../../../runtime/doors/api-docs/asyncapi.ts';
import { documents } from '../../../runtime/doors/api-docs/documents.ts';
import { registerOperating } from '../../../runtime/doors/http/app.ts';
import { openApiDocument, pathOf } from '../../../runtime/doors/http/openapi.ts';
import { isChange } from '../../../runtime/doors/http/route.ts';
import { operatingRoutes } from '../../../runtime/doors/http/routes.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import type { DescribedStream } from '../../../schemas/api/streams/described.ts';
import { streams } from '../../../schemas/keys.ts';
import { fakeRuntime, httpContext } from '../../support/http.ts';
import { projectPaths, readFiles } from '../../support/source-files.ts';

const handlers = await loadHandlers();
const require = createRequire(import.meta.url);
const pages = readFiles(projectPaths().filter((path) => path.endsWith('.md')));

describe('the documents', () => {
  it.each(documents(handlers).map(({ path, text }) => [path.pathname.split('/').at(-1) ?? '', path, text] as const))(
    'docs/%s is current; npm run docs makes it so',
    (_name, path, text) => {
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('of the routes is OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate({ ...openApiDocument(operatingRoutes, handlers) });
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(validator.version).toBe('3.1');
  });

  it('of the streams is AsyncAPI 3.0', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
    const valid = ajv.validate(require('@asyncapi/specs/schemas/3.0.0-without-$id.json'), asyncApiDocument(handlers));
    expect({ valid, errors: ajv.errors }).toEqual({ valid: true, errors: null });
  });

  it('name what is not a valid document as well', async () => {
    const document = openApiDocument(operatingRoutes, handlers);
    const broken = { ...document, paths: { '/v1/x': { get: { responses: 'none' } } } };
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });
});

describe('the description of the routes', () => {
  it('has every route that is served, and none that is not', async () => {
    const app = Fastify();
    const served: string[] = [];
    app.addHook('onRoute', ({ method, url }) => void served.push(`${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`));
    await app.register(registerOperating(await httpContext(fakeRuntime())), { prefix: '/v1' });
    await app.ready();
    const described = operatingRoutes.map((route) => `${route.method} ${pathOf(route)}`);
    expect(served.filter((route) => !route.startsWith('HEAD')).sort()).toEqual(described.sort());
    await app.close();
  });

  it('on the page about HTTP names every route, and no page names one that is not served', () => {
    const described = operatingRoutes.map((route) => `${route.method} ${pathOf(route)}`);
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:GET|POST|DELETE) \/v1\/[^\s`?]+)/g)].map(([, route]) => ({ path, route })),
    );
    const onThePage = named.filter(({ path }) => path === 'docs/http.md').map(({ route }) => route);
    expect([...new Set(onThePage)].toSorted()).toEqual(described.toSorted());
    expect(named.filter(({ route = '' }) => !described.includes(route))).toEqual([]);
  });

  it('says of every route that takes a body which, and asks an operator for a reason in every change', () => {
    for (const route of operatingRoutes) {
      const { method, url, schema } = route;
      expect({ url, hasBody: schema.body !== undefined }).toEqual({ url, hasBody: method === 'POST' });
      if (!isChange(route) || schema.body === undefined || schema.tags.includes('Permits')) continue;
      const text = JSON.stringify(z.toJSONSchema(schema.body, { io: 'input' }));
      expect(text, url).toContain('"reason"');
      expect(text, url).toContain('"actor"');
    }
  });
});

describe('the description of the streams', () => {
  const described = describedStreams(handlers);
  const byName = new Map(described.map((stream) => [stream.name, stream]));
  const names = ({ fields }: DescribedStream, required: boolean) =>
    Object.keys(fields)
      .filter((name) => !required || !name.endsWith('?'))
      .map((name) => name.replace(/\?$/, ''))
      .sort();

  it('has each stream once, and all that there are', () => {
    expect(byName.size).toBe(described.length);
    for (const name of Object.values(streams)) expect([...byName.keys()]).toContain(name);
  });

  const read = handlers.flatMap(({ name, on, message }) =>
    on.kind === 'stream' ? [[on.stream, name, message] as const] : [],
  );
  it.each(read)('%s says of its fields what %s reads', (stream, _handler, message) => {
    const parsed = z.toJSONSchema(message, { io: 'input', unrepresentable: 'any' });
    const described = byName.get(stream);
    expect(described?.direction).not.toBe('out');
    expect(described && names(described, false)).toEqual(expect.arrayContaining(Object.keys(parsed.properties ?? {})));
    expect(described && names(described, true)).toEqual(expect.arrayContaining(parsed.required ?? []));
  });
});

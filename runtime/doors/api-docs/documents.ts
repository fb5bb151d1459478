import { readFileSync } from 'node:fs';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { openApiDocument } from '../http/openapi.ts';
import { operatingRoutes } from '../http/routes.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { withGateSections } from './gate-sections.ts';

/** A generated document, and the file of the repository that holds it. */
export interface GeneratedDocument {
  readonly path: URL;
  readonly text: string;
}

/** The documents of `docs/` that are generated, wholly or in part, as they ought to be; throws where a handler lacks words for them. */
export function documents(handlers: readonly AnyHandler[]): readonly GeneratedDocument[] {
  const docs = new URL('../../../docs/', import.meta.url);
  const contract = new URL('contract.md', docs);
  return [
    { path: contract, text: withGateSections(readFileSync(contract, 'utf8'), handlers) },
    { path: new URL('openapi.json', docs), text: textOf(openApiDocument(operatingRoutes, handlers)) },
    { path: new URL('asyncapi.json', docs), text: textOf(asyncApiDocument(handlers)) },
  ];
}

function textOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

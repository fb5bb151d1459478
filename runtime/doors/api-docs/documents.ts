import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';

/** A generated document, and the file of the repository that holds it. */
export interface GeneratedDocument {
  readonly path: URL;
  readonly text: string;
}

/** The documents of `docs/` that are generated, as they ought to be. */
export function documents(handlers: readonly AnyHandler[]): readonly GeneratedDocument[] {
  const docs = new URL('../../../docs/', import.meta.url);
  return [
    { path: new URL('openapi.json', docs), text: textOf(openApiDocument()) },
    { path: new URL('asyncapi.json', docs), text: textOf(asyncApiDocument(handlers)) },
  ];
}

function textOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

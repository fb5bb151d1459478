import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { describedStreams } from '../../../handlers/contract/streams.ts';
import type { DescribedStream } from '../../../schemas/api/streams/described.ts';
import type { JsonSchema } from '../http/json-schemas.ts';

const INFO = {
  title: 'Portcullis streams',
  version: '1',
  description:
    'The Redis streams of a portfolio, as Portcullis sees them: it receives what other programs write, and sends what they read. Entries are flat, every value is text. `docs/contract.md` has the rules. Generated: `npm run docs`.',
};

const PREFIX = { description: 'Prefix of the portfolio', default: 'quantum' };

/** The AsyncAPI 3.0 document of a portfolio's streams; the groups that read them are those of the handlers. */
export function asyncApiDocument(handlers: readonly AnyHandler[]): JsonSchema {
  const channels: Record<string, JsonSchema> = {};
  const operations: Record<string, JsonSchema> = {};
  const messages: Record<string, JsonSchema> = {};
  for (const stream of describedStreams(handlers)) {
    const name = idOf(stream.name);
    const groups = groupsOf(stream.name, handlers);
    channels[name] = channelOf(stream, name, groups);
    messages[name] = { name, summary: stream.summary, payload: payloadOf(stream) };
    Object.assign(operations, operationsOf(stream, name, groups));
  }
  return {
    asyncapi: '3.0.0',
    info: INFO,
    defaultContentType: 'application/vnd.redis.stream-entry',
    servers: { redis: { host: '127.0.0.1:6380', protocol: 'redis', description: 'REDIS_URL, or the embedded Redis' } },
    channels,
    operations,
    components: { messages },
  };
}

interface Group {
  readonly handler: string;
  readonly group: string;
}

function groupsOf(stream: string, handlers: readonly AnyHandler[]): readonly Group[] {
  return handlers.flatMap(({ name, on }) =>
    on.kind === 'stream' && on.stream === stream ? [{ handler: name, group: on.group }] : [],
  );
}

function channelOf(stream: DescribedStream, name: string, groups: readonly Group[]): JsonSchema {
  const { summary, writers, readers, internal } = stream;
  const varying = [...stream.name.matchAll(/\{(\w+)\}/g)].map(([, part = '']) => [part, {}] as const);
  const named = groups.map(({ handler, group }) => `${handler} (group \`${group}\`)`);
  return {
    address: stream.name === '{stream}.dlq' ? '{prefix}:stream:{stream}.dlq' : `{prefix}:stream:${stream.name}`,
    summary,
    description: internal === true ? 'Between parts of Portcullis alone: it may change at any time.' : summary,
    parameters: { prefix: PREFIX, ...Object.fromEntries(varying) },
    messages: { entry: { $ref: `#/components/messages/${name}` } },
    'x-writers': writers,
    'x-readers': [...named, ...(readers === '' ? [] : [readers])],
  };
}

/** A JSON schema of the fields; every value is text. */
function payloadOf({ fields, more }: DescribedStream): JsonSchema {
  const named = Object.entries(fields).map(([name, description]) => ({
    name: name.replace(/\?$/, ''),
    isOptional: name.endsWith('?'),
    description,
  }));
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name, description }) => [name, { type: 'string', description }])),
    required: named.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
    additionalProperties: more === true ? { type: 'string' } : false,
  };
}

function operationsOf(stream: DescribedStream, name: string, groups: readonly Group[]): Record<string, JsonSchema> {
  const channel = { $ref: `#/channels/${name}` };
  const { summary, direction } = stream;
  const found: Record<string, JsonSchema> = {};
  for (const { handler, group } of groups) {
    found[`${idOf(handler)}_reads_${name}`] = { action: 'receive', channel, summary, 'x-group': group };
  }
  if (direction !== 'out' && groups.length === 0) found[`reads_${name}`] = { action: 'receive', channel, summary };
  if (direction !== 'in') found[`writes_${name}`] = { action: 'send', channel, summary };
  return found;
}

/** A name that may stand in a reference. */
function idOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_|_$/g, '');
}

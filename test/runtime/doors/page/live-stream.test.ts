import { afterEach, expect, it, vi } from 'vitest';
import { openStream } from '../../../../runtime/doors/page/state/live-stream.ts';

const TEXT =
  'event: decisions\nid: 10-1\ndata: {"a":"×"}\n\n: still here\n\nevent: overview\r\ndata: {}\r\n\r\nevent: cut\nda';
const bytes = new TextEncoder().encode(TEXT);

afterEach(() => void vi.restoreAllMocks());

/** A server that sends the text in pieces of so many bytes and then cuts the connection; afterwards it knows no session. */
function server(pieceBytes: number): Headers[] {
  const asked: Headers[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, { headers } = {}) => {
    asked.push(new Headers(headers));
    if (asked.length > 1) return new Response(null, { status: 401 });
    const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
      bytes.slice(at * pieceBytes, (at + 1) * pieceBytes),
    );
    return new Response(ReadableStream.from(pieces) as ReadableStream<Uint8Array>);
  });
  return asked;
}

it.each([1, 2, 7, 1000])('says what came in pieces of %i bytes, and goes on after the last id', async (pieceBytes) => {
  const asked = server(pieceBytes);
  const told: unknown[] = [];
  await new Promise<void>((resolve) => {
    openStream('/v1/events', {
      onEvent: ({ event, id, data }) => told.push([event, id, data]),
      onGap: () => told.push('gap'),
      onConnection: (connection) => {
        told.push(connection);
        if (connection === 'signed_out') resolve();
      },
    });
  });
  const events = [
    ['decisions', '10-1', '{"a":"×"}'],
    ['overview', undefined, '{}'],
  ];
  expect(told).toEqual(['connecting', 'live', ...events, 'lost', 'signed_out']);
  expect(asked.map((headers) => headers.get('last-event-id'))).toEqual([null, '10-1']);
});

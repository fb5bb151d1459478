import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { bearerToken, isSame } from '../http/tokens.ts';

const HOST = '127.0.0.1';
const PATH = '/mcp';
const MOST_BYTES = 64 * 1024;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/i;

/** The Model Context Protocol over HTTP on loopback. */
export interface McpListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers each POST to `/mcp` by a server of its own; nothing is kept between them. A port of 0 is a free one. */
export async function listen(port: number, token: string, serverOf: () => Server): Promise<McpListener> {
  const http = createServer((request, response) => {
    void answer(request, response, token, serverOf).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, HOST, resolve);
  });
  const { port: taken } = http.address() as AddressInfo;
  return { url: `http://${HOST}:${taken}${PATH}`, close: () => closed(http) };
}

async function answer(request: IncomingMessage, response: ServerResponse, token: string, serverOf: () => Server) {
  const refusal = refusalOf(request, token);
  if (refusal !== undefined) return refuse(response, refusal);
  const server = serverOf();
  // Without a session: nothing of one request is known to the next.
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true, maxRequestBodySize: MOST_BYTES });
  response.once('close', () => void server.close());
  await server.connect(transport as Transport);
  await transport.handleRequest(request, response);
}

interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Who may not, or asks what there is not. A page in a browser may not even with the token: its `Host` or `Origin` is another. */
function refusalOf({ headers, method, url = '' }: IncomingMessage, token: string): Refusal | undefined {
  const { host = '', origin } = headers;
  if (!isOurs(`http://${host}`)) return { status: 421, message: 'expected a loopback name in Host, got another' };
  if (origin !== undefined && !isOurs(origin)) return { status: 403, message: 'expected no page of another site' };
  const sent = bearerToken(headers.authorization);
  if (sent === undefined || !isSame(sent, token)) {
    const came = sent === undefined ? 'none' : 'another';
    return { status: 401, message: `expected "Authorization: Bearer <MCP_HTTP_TOKEN>", got ${came}` };
  }
  if (url.split('?', 1)[0] !== PATH) return { status: 404, message: `expected ${PATH}, got another path` };
  // There is no session to end, and nothing is pushed.
  if (method !== 'POST') return { status: 405, message: `expected POST, got ${method}` };
  return undefined;
}

function isOurs(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  const body = { jsonrpc: '2.0', error: { code: -32_000, message }, id: null };
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(status === 405 && { allow: 'POST' }),
  });
  response.end(JSON.stringify(body));
}

async function closed(http: HttpServer): Promise<void> {
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}

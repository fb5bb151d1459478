import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** What a scripted exchange answers to a path and its query: a body, or a status and a body. */
export type Script = (path: string, query: URLSearchParams, method: string) => ScriptedAnswer | object | string;

/** An answer with a status of its own. */
export class ScriptedAnswer {
  readonly status: number;
  readonly body: object | string;
  readonly headers: Record<string, string>;

  constructor(status: number, body: object | string, headers: Record<string, string> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** An exchange on loopback that says what a test tells it to, for shapes that the local exchange does not have. */
export interface ScriptedExchange {
  readonly url: string;
  readonly wsUrl: string;
  /** `GET /path?query` of every request so far; upgrades as `WS /path?query`. */
  readonly asked: readonly string[];
  readonly sockets: ReadonlySet<WebSocket>;
  stop(): Promise<void>;
}

/** Starts one. `upgrades` says which sockets are let in (404 for the others); `autoPong` false makes it deaf to pings. */
export async function startScriptedExchange(
  script: Script,
  { upgrades = () => true, autoPong = true }: { upgrades?: (path: string) => boolean; autoPong?: boolean } = {},
): Promise<ScriptedExchange> {
  const asked: string[] = [];
  const sockets = new Set<WebSocket>();
  const server = createServer((request, response) => {
    const url = urlOf(request);
    asked.push(`${request.method} ${request.url}`);
    const answer =
      url.pathname === '/fapi/v1/time'
        ? { serverTime: Date.now() }
        : script(url.pathname, url.searchParams, request.method ?? '');
    const said = answer instanceof ScriptedAnswer ? answer : new ScriptedAnswer(200, answer);
    response.writeHead(said.status, said.headers);
    response.end(typeof said.body === 'string' ? said.body : JSON.stringify(said.body));
  });
  const accepting = new WebSocketServer({ noServer: true, autoPong });
  server.on('upgrade', (request, socket, head) => {
    asked.push(`WS ${request.url}`);
    if (!upgrades(urlOf(request).pathname)) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    accepting.handleUpgrade(request, socket, head, (opened) => {
      sockets.add(opened);
      opened.on('close', () => sockets.delete(opened));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    asked,
    sockets,
    stop: () => stopped(server, sockets),
  };
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://127.0.0.1');
}

async function stopped(server: Server, sockets: ReadonlySet<WebSocket>): Promise<void> {
  for (const socket of sockets) socket.terminate();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

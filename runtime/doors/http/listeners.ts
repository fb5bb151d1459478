import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { type Listener, listenersOf, type Ports } from '../../settings/ports.ts';

/** A listener that is to be opened. */
export interface PlannedListener extends Listener {
  readonly port: number;
}

/** A port that cannot be listened on: which setting asks for it, why it cannot be had, and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** What decides which listeners are opened: their ports, the gates that run here, and the handlers that declare them. */
export interface ListenerPlan {
  readonly ports: Ports;
  readonly gates: readonly string[];
  readonly handlers: readonly AnyHandler[];
}

/** The listeners that are to be opened. Two settings with one port are refused by name. */
export function planListeners({ ports, gates, handlers }: ListenerPlan): readonly PlannedListener[] {
  if (ports.http === 0) return [];
  const planned = listenersOf(handlers)
    .map((listener) => ({ ...listener, port: ports[listener.role] ?? 0 }))
    .filter(({ port, gate }) => port !== 0 && (gate === undefined || gates.includes(gate)));
  for (const [index, later] of planned.entries()) {
    const earlier = planned.slice(0, index).find(({ port }) => port === later.port);
    if (earlier !== undefined) throw new ListenError(samePort(earlier, later));
  }
  return planned;
}

/** Why a listener could not be opened, in words an operator can act on. */
export function listenProblem(listener: PlannedListener, host: string, code: string | undefined): string {
  const asked = `${listener.setting}=${listener.port}`;
  if (code === 'EADDRINUSE') {
    return `${asked}: expected a free port, got one that another program listens on (${host}:${listener.port}). Stop that program, or choose another port: ${wayOut(listener)}`;
  }
  if (code === 'EACCES') {
    return `${asked}: expected a port this user may listen on, got a permission error. Choose one above 1023: ${wayOut(listener)}`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `HTTP_HOST=${host}: expected an address of this machine, got one it does not have. Use 127.0.0.1, or 0.0.0.0 for all (and set ADMIN_TOKEN)`;
  }
  return `${asked}: cannot listen on ${host}:${listener.port} (${code ?? 'unknown error'}). ${wayOut(listener)}`;
}

function wayOut({ setting, role, port }: PlannedListener): string {
  const off = role === 'http' ? 'all HTTP' : 'this listener';
  return `${setting}=${port < 65_000 ? port + 100 : port - 100}, or ${setting}=0 to switch ${off} off`;
}

function samePort(earlier: PlannedListener, later: PlannedListener): string {
  return `${later.setting}=${later.port}: expected a port of its own, got the one of ${earlier.setting}. Choose another: ${wayOut(later)}`;
}

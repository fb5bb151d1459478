import type { Gate } from '../../../handlers/contract/handler.ts';

/** The ports of contract §6; 0 switches one off, and `http` 0 all of them. */
export interface HttpPorts {
  readonly http: number;
  readonly p26: number;
  readonly p27Metrics: number;
  readonly p27Health: number;
  readonly p28: number;
  readonly governor: number;
}

/** What a listener is for: `http` serves everything, each of the others its own gate's share (contract §6). */
export type Role = keyof HttpPorts;

/** A listener: the setting that names its port, and the gate it belongs to (none: all of them). */
export interface Listener {
  readonly role: Role;
  readonly setting: string;
  readonly gate: Gate | undefined;
}

/** Every listener of contract §6, in the order in which they are opened. */
export const LISTENERS: readonly Listener[] = [
  { role: 'http', setting: 'HTTP_PORT', gate: undefined },
  { role: 'p26', setting: 'P26_METRICS_PORT', gate: 'heat-gate' },
  { role: 'p27Metrics', setting: 'P27_METRICS_PORT', gate: 'heat-bridge' },
  { role: 'p27Health', setting: 'P27_HEALTH_PORT', gate: 'heat-bridge' },
  { role: 'p28', setting: 'P28_PORT', gate: 'risk-governor' },
  { role: 'governor', setting: 'GOV_METRICS_PORT', gate: 'governor' },
];

/** A listener that is to be opened. */
export interface PlannedListener extends Listener {
  readonly port: number;
}

/** A port that cannot be listened on: which setting asks for it, why it cannot be had, and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** The listeners that these ports and gates ask for. Two settings with one port are refused by name. */
export function planListeners(ports: HttpPorts, gates: readonly string[]): readonly PlannedListener[] {
  if (ports.http === 0) return [];
  const planned = LISTENERS.map((listener) => ({ ...listener, port: ports[listener.role] })).filter(
    ({ port, gate }) => port !== 0 && (gate === undefined || gates.includes(gate)),
  );
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

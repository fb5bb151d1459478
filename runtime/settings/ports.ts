import type { AnyHandler } from '../../handlers/contract/handler.ts';
import type { ServedThere } from '../../handlers/contract/listener.ts';
import { inOrder } from '../../handlers/contract/streams.ts';
import { portSetting } from '../../schemas/setting.ts';

/** The ports that are listened on, by the role of the listener; 0 is off, and `http` 0 all of them (contract §6). */
export type Ports = { readonly http: number } & Readonly<Record<string, number>>;

/** A listener: `http` serves everything, each of the others its own gate's share (contract §6). */
export interface Listener {
  readonly role: string;
  /** The setting that names its port. */
  readonly setting: string;
  /** The port where the setting says nothing. */
  readonly initial: number;
  /** The gate it belongs to; none: all of them. */
  readonly gate: string | undefined;
  /** What is answered there; of the main one everything. */
  readonly serves: readonly ServedThere[] | undefined;
  /** A path, and a text of its answer by which it is known to be ours. */
  readonly sign: { readonly path: string; readonly text: string };
  /** A name of the setting that is understood where its gate runs alone. */
  readonly bare: string | undefined;
}

/** The listener that serves everything. */
export const MAIN: Listener = {
  role: 'http',
  setting: 'HTTP_PORT',
  initial: 8040,
  gate: undefined,
  serves: undefined,
  sign: { path: '/metrics', text: 'portcullis_' },
  bare: undefined,
};

/** Every listener there may be, in the order in which they are opened. */
export function listenersOf(handlers: readonly AnyHandler[]): readonly Listener[] {
  const own = inOrder(handlers).flatMap(({ gate, listeners = [] }) =>
    listeners.map(({ port, bare, ...listener }) => ({ ...listener, gate, initial: port, bare })),
  );
  return [MAIN, ...own];
}

/** The ports that these settings open, none at all with `HTTP_PORT=0` (contract §6); what is no port is a problem. */
export function portsOf(
  settings: Readonly<Record<string, string>>,
  handlers: readonly AnyHandler[],
  problems: string[],
): Ports {
  const read = listenersOf(handlers).map(({ role, setting, initial }) => {
    const parsed = portSetting(initial).safeParse(settings[setting]);
    if (!parsed.success) problems.push(...parsed.error.issues.map(({ message }) => `${setting}: ${message}`));
    return [role, parsed.data ?? initial] as const;
  });
  const ports = Object.fromEntries(read) as Ports;
  return ports.http === 0 ? (Object.fromEntries(read.map(([role]) => [role, 0])) as Ports) : ports;
}

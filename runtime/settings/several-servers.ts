/** A host and its port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What a `redis+cluster://` or `redis+sentinel://` URL says. */
export interface SeveralServers {
  readonly kind: 'cluster' | 'sentinel';
  readonly hosts: readonly HostAndPort[];
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Of Sentinel: the name of the primary, its database, and the login of Sentinel itself. */
  readonly name?: string;
  readonly db?: number;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
}

const URL_OF_SEVERAL =
  /^redis(s?)\+(cluster|sentinel):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?]+)(?:\/([^/?]+)(?:\/(\d+))?)?\/?(?:\?(.*))?$/;
const HOST = /^(?:\[([0-9A-Fa-f:]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/;
const DEFAULT_PORTS = { cluster: 6379, sentinel: 26_379 } as const;

/** Reads such a URL; `undefined` when it is none: a host that is none, a cluster with a path, a Sentinel without a name. */
export function readSeveralServers(url: string): SeveralServers | undefined {
  const parts = URL_OF_SEVERAL.exec(url);
  if (parts === null) return undefined;
  const [, tls, kind, username, password, list = '', name, db, query] = parts;
  const isCluster = kind === 'cluster';
  const hosts = list.split(',').map((text) => hostOf(text, DEFAULT_PORTS[isCluster ? 'cluster' : 'sentinel']));
  const known = hosts.filter((host) => host !== undefined);
  if (known.length < hosts.length || isCluster === (name !== undefined)) return undefined;
  const parameters = new URLSearchParams(query);
  const sentinelUsername = parameters.get('sentinel_username');
  const sentinelPassword = parameters.get('sentinel_password');
  return {
    kind: isCluster ? 'cluster' : 'sentinel',
    hosts: known,
    tls: tls === 's',
    ...(isThere(username) && { username: decodeURIComponent(username) }),
    ...(isThere(password) && { password: decodeURIComponent(password) }),
    ...(name !== undefined && { name: decodeURIComponent(name), db: Number(db ?? 0) }),
    ...(sentinelUsername !== null && { sentinelUsername }),
    ...(sentinelPassword !== null && { sentinelPassword }),
  };
}

function hostOf(text: string, port: number): HostAndPort | undefined {
  const parts = HOST.exec(text.trim());
  const host = parts?.[1] ?? parts?.[2];
  return host === undefined ? undefined : { host, port: Number(parts?.[3] ?? port) };
}

function isThere(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/** A URL without user, password and parameters, for messages. */
export function withoutLogin(url: string): string {
  return url.replace(/^([a-z+]*:?\/\/).*@/i, '$1***@').replace(/\?.*$/, '');
}

/** The rooms of `runtime/`, from the ground up: storey by storey, and in a storey in the order in which they may use each other. */
export const ROOMS = [
  ...['settings', 'redis', 'redis/connection', 'redis/embedded'],
  ...['status', 'commit', 'views', 'policy', 'lane', 'streams', 'host'].map((room) => `engine/${room}`),
  ...['exchange', 'feeds', 'player', 'local-exchange'].map((room) => `market/${room}`),
  ...['decisions', 'seals', 'runs', 'ledger', 'dead-letters', 'streams', 'positions', 'switches'].map(
    (room) => `desk/${room}`,
  ),
  ...['explain', 'replay', 'policy', 'evaluate', 'report', 'compare', 'candles', 'risk'].map((room) => `desk/${room}`),
  ...['activation', 'strategies', 'doctor', 'overview', 'alerts', 'operations', 'prove'].map((room) => `desk/${room}`),
  ...['client', 'page', 'http', 'api-docs', 'mcp', 'terminal', 'demo', 'cli'].map((room) => `doors/${room}`),
  'process',
];

/** The room a file of `runtime/` is in: a folder of a storey, or the storey where it has none. */
export function roomOf(path: string): string {
  const [, storey = '', room] = path.split('/').slice(0, -1);
  return room === undefined || storey === 'settings' || storey === 'process' ? storey : `${storey}/${room}`;
}

/** How far up the room of a file of `runtime/` is; -1 where it is in none. */
export function floorOf(path: string): number {
  return ROOMS.indexOf(roomOf(path));
}

/** A point of a drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The end of the scale: the next quarter above the heat and above the limit of HOT, with room to see it reached. */
export function scaleEnd(heat: number, heatMax: number): number {
  return Math.max(0.25, Math.ceil((Math.max(heat, heatMax * 1.25) + 1e-9) * 4) / 4);
}

/** Where a value of 0 to 1 lies on a half circle, from the left end over the top to the right end; beyond is at the end. */
export function onArc(share: number, centre: Point, radius: number): Point {
  const angle = Math.PI * (1 - Math.min(1, Math.max(0, share)));
  return { x: round(centre.x + radius * Math.cos(angle)), y: round(centre.y - radius * Math.sin(angle)) };
}

/** The path of a half circle's arc between two shares of it. */
export function arcPath(from: number, to: number, centre: Point, radius: number): string {
  const start = onArc(from, centre, radius);
  const end = onArc(to, centre, radius);
  return `M ${start.x} ${start.y} A ${radius} ${radius} 0 0 1 ${end.x} ${end.y}`;
}

/** How much of a limit is used, 0 to 1, for the length of a bar; a limit of 0 is used whole by anything. */
export function usedShare(value: number, limit: number): number {
  if (limit <= 0) return value > 0 ? 1 : 0;
  return Math.min(1, Math.max(0, value / limit));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const DEMO_END = /^(.+):demo-[0-9a-f]{12}$/;

/** The portfolio beside which a demo of this prefix is played; undefined for a prefix that is no such demo's. */
export function portfolioOfDemo(prefix: string): string | undefined {
  return DEMO_END.exec(prefix)?.[1];
}

/** The originals' bare port names: the gate each belonged to, and the name it has here (contract §6). */
const BARE_PORTS = {
  METRICS_PORT: { gate: 'governor', name: 'GOV_METRICS_PORT' },
  PORT: { gate: 'risk-governor', name: 'P28_PORT' },
} as const;

/** Puts `METRICS_PORT` and `PORT` under their names here when `GATES` names the one gate they belonged to; else warns. */
export function readBarePorts(
  settings: Readonly<Record<string, string>>,
  gates: readonly string[],
  warnings: string[],
): Readonly<Record<string, string>> {
  const read: Record<string, string> = { ...settings };
  for (const [bare, { gate, name }] of Object.entries(BARE_PORTS)) {
    const value = settings[bare];
    if (value === undefined) continue;
    const isItsGate = gates.length === 1 && gates[0] === gate;
    if (isItsGate && settings[name] === undefined) read[name] = value;
    else if (isItsGate) warnings.push(`${bare}=${value} is ignored: ${name} is set too`);
    else warnings.push(`${bare}=${value} is ignored: it is understood only with GATES=${gate}; set ${name} instead`);
  }
  return read;
}

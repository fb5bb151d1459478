/** The gates that a shadow report is made of. */
export const reportedGates = ['heat-gate', 'risk-governor', 'governor'] as const;

/** One of `reportedGates`; it is the name of the handler that decides as well. */
export type ReportedGate = (typeof reportedGates)[number];

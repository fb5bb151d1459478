/** Says on stderr how far a part has come. */
export type Say = (what: string, number: number, of: number) => void;

/** Progress of the parts of a run: what, number so and so of how many, and how long the run has taken. */
export function progress(write: (line: string) => void, nowMs = () => performance.now()): (part: string) => Say {
  const startMs = nowMs();
  return (part) => (what, number, of) => {
    write(`${((nowMs() - startMs) / 1000).toFixed(1).padStart(7)} s  ${part} ${number}/${of}: ${what}\n`);
  };
}

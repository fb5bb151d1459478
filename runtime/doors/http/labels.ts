/**
 * Label values that a request names, kept to a bounded set: the first `limit` different ones are themselves, every
 * further one is `other`, so that nobody can fill the memory of the metrics.
 */
export function boundedLabels(limit: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.size < limit) known.add(value);
    return known.has(value) ? value : 'other';
  };
}

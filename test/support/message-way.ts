import { readFiles } from './source-files.ts';

/** What `docs/architecture.md` says of a message's way. */
export interface MessageWay {
  /** The files that a heat proposal passes through, in order. */
  readonly steps: readonly string[];
  /** The files and folders that these ask on the way, and that run beside them. */
  readonly asked: readonly string[];
}

/** Reads the two lists under the heading "The files, in order". */
export function messageWay(): MessageWay {
  const [page] = readFiles(['docs/architecture.md']);
  const lines = page?.lines ?? [];
  const from = lines.indexOf('### The files, in order');
  const until = lines.findIndex((line, at) => at > from && line.startsWith('## '));
  const section = lines.slice(from, until);
  const steps = section.flatMap((line) => /^\d+\. `([^`]+)`/.exec(line)?.[1] ?? []);
  const asked = section.filter((line) => line.startsWith('- ')).flatMap(pathsIn);
  return { steps, asked };
}

function pathsIn(line: string): readonly string[] {
  const [head = ''] = line.split(': ');
  return [...head.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

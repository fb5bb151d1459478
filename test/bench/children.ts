import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const living = new Set<ChildProcess>();

/** Answers with a process that the bench has started, once it is noted: it does not outlive the bench. */
export function adopted<C extends ChildProcess>(child: C): C {
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

/** Kills every process that is still there; resolves once they are gone. */
export async function killAll(): Promise<void> {
  const gone = [...living].map((child) => once(child, 'exit'));
  for (const child of living) child.kill('SIGKILL');
  await Promise.all(gone);
}

import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

/** The two ends of a client, and when to stop. */
interface Ends {
  readonly input: Readable;
  /** Carries nothing but the protocol. */
  readonly output: Writable;
  readonly ended: AbortSignal;
}

/** Speaks the protocol until the input ends (what was called by then is answered) or the signal comes. */
export async function speak(
  { input, output, ended }: Ends,
  serverOf: (onCall: (call: Promise<unknown>) => void) => Server,
): Promise<void> {
  const calls = new Set<Promise<unknown>>();
  const server = serverOf((call) => {
    calls.add(call);
    void call.catch(() => undefined).finally(() => calls.delete(call));
  });
  const over = Promise.race(['end', 'close'].map((event) => once(input, event, { signal: ended })));
  await server.connect(new StdioServerTransport(input, output));
  await over.catch(() => undefined);
  // The last messages are handled in the turn after they were read.
  for (await turn(); calls.size > 0 && !ended.aborted; await turn()) await untilOneEnds(calls, ended);
  await server.close();
}

async function untilOneEnds(calls: ReadonlySet<Promise<unknown>>, ended: AbortSignal): Promise<void> {
  const stopped = new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
  await Promise.race([...calls].map((call) => call.catch(() => undefined)).concat(stopped));
}

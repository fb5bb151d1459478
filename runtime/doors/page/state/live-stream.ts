import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { backoffMs } from '../../../settings/backoff.ts';

/** How the connection is: `lost` is being tried again, `signed_out` is not. */
export type Connection = 'connecting' | 'live' | 'lost' | 'signed_out';

/** What a stream tells. `onGap`: it goes on, but nothing says from where: what lies between has to be read anew. */
export interface StreamListener {
  onEvent(event: EventSourceMessage): void;
  onConnection(connection: Connection): void;
  onGap(): void;
}

/** A stream that goes on until it is stopped. */
export interface LiveStream {
  stop(): void;
}

/** The server says something every 15 s; after this long a silent connection is taken for dead. */
const SILENT_MS = 40_000;
const PAUSE = { leastMs: 150, firstMs: 450, mostMs: 10_000 };

/**
 * Reads a server-sent stream for as long as it is wanted. A cut connection is opened again with the id of the last event
 * that came, after a pause that grows. `fetch` rather than `EventSource`: it tells a session that is over from a server
 * that is away, and takes a silent connection for a dead one.
 */
export function openStream(url: string, listener: StreamListener): LiveStream {
  const ending = new AbortController();
  void follow(url, listener, ending.signal);
  return { stop: () => ending.abort() };
}

async function follow(url: string, listener: StreamListener, ending: AbortSignal): Promise<void> {
  let lastId = '';
  let failures = 0;
  const onEvent = (event: EventSourceMessage) => {
    if (event.id !== undefined) lastId = event.id;
    failures = 0;
    listener.onEvent(event);
  };
  listener.onConnection('connecting');
  for (let attempt = 0; !ending.aborted; attempt++) {
    const onOpen = () => {
      listener.onConnection('live');
      if (attempt > 0 && lastId === '') listener.onGap();
    };
    const end = await readOnce(url, lastId, { onEvent, onOpen }, ending);
    if (ending.aborted) return;
    listener.onConnection(end);
    if (end === 'signed_out') return;
    failures += 1;
    await pause(backoffMs(PAUSE, failures), ending);
  }
}

interface Reading {
  onEvent(event: EventSourceMessage): void;
  onOpen(): void;
}

/** Reads one connection to its end and says what that end means. */
async function readOnce(url: string, lastId: string, reading: Reading, ending: AbortSignal): Promise<Connection> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const headers = { Accept: 'text/event-stream', ...(lastId !== '' && { 'Last-Event-ID': lastId }) };
    const signal = AbortSignal.any([ending, silence.signal]);
    const response = await fetch(url, { headers, signal, credentials: 'same-origin' });
    if (response.status === 401) return 'signed_out';
    if (!response.ok || response.body === null) return 'lost';
    reading.onOpen();
    const parser = createParser({ onEvent: reading.onEvent });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'lost';
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      parser.feed(value);
    }
  } catch {
    return 'lost';
  } finally {
    clearTimeout(timer);
  }
}

async function pause(ms: number, ending: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    ending.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

import { LiveHub, type LiveMessage } from './live-hub.ts';

/** A page says that it is there every 20 s, once a minute from a tab behind; one that is silent this long is gone. */
const GONE_AFTER_MS = 180_000;
const LOOK_MS = 30_000;

interface Member {
  readonly listener: { tell(message: LiveMessage): void };
  portfolio: string;
  seenMs: number;
}

const hub = new LiveHub();
const members = new Map<MessagePort, Member>();

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port === undefined) return;
  port.onmessage = ({ data }: MessageEvent<{ portfolio?: string }>) => heard(port, data.portfolio);
});

setInterval(() => {
  for (const [port, { seenMs }] of members) if (Date.now() - seenMs > GONE_AFTER_MS) leave(port);
}, LOOK_MS);

/** A page is there and looks at a portfolio, or (without one) goes. One that was thought gone has missed something. */
function heard(port: MessagePort, portfolio: string | undefined): void {
  if (portfolio === undefined) {
    leave(port);
    return;
  }
  const member = members.get(port) ?? { listener: listenerOf(port), portfolio: '', seenMs: 0 };
  const isNew = member.portfolio !== portfolio;
  member.seenMs = Date.now();
  member.portfolio = portfolio;
  members.set(port, member);
  if (!isNew) return;
  hub.join(member.listener, portfolio);
  member.listener.tell({ kind: 'reset' });
}

function leave(port: MessagePort): void {
  const member = members.get(port);
  if (member !== undefined) hub.leave(member.listener);
  members.delete(port);
}

function listenerOf(port: MessagePort): Member['listener'] {
  return { tell: (message) => port.postMessage(message) };
}

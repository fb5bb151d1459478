import { describe, expect, it } from 'vitest';
import { LiveHub, type LiveMessage } from '../../../../runtime/doors/page/state/live-hub.ts';
import type { StreamListener } from '../../../../runtime/doors/page/state/live-stream.ts';

/** Streams that say what the test says. */
function opened() {
  const streams: { url: string; listener: StreamListener; isStopped: boolean }[] = [];
  const hub = new LiveHub((url, listener) => {
    const stream = { url, listener, isStopped: false };
    streams.push(stream);
    return {
      stop: () => {
        stream.isStopped = true;
      },
    };
  });
  return { hub, streams };
}

function page() {
  const heard: LiveMessage[] = [];
  return { heard, tell: (message: LiveMessage) => void heard.push(message) };
}

const event = (name: string, data: unknown) => ({ event: name, id: '', data: JSON.stringify(data) });

describe('one live stream for many pages', () => {
  it('opens one for a portfolio, however many look, and stops it with the last', () => {
    const { hub, streams } = opened();
    const [one, other] = [page(), page()];
    hub.join(one, '{fund-a}');
    hub.join(other, '{fund-a}');
    expect(streams.map(({ url }) => url)).toEqual(['/v1/events?portfolio=%7Bfund-a%7D']);
    hub.leave(one);
    expect(streams[0]?.isStopped).toBe(false);
    hub.leave(other);
    expect(streams[0]?.isStopped).toBe(true);
  });

  it('tells every page of it, and who comes later the newest overview', () => {
    const { hub, streams } = opened();
    const [one, later] = [page(), page()];
    hub.join(one, 'quantum');
    streams[0]?.listener.onConnection('live');
    streams[0]?.listener.onEvent(event('overview', { at: 1 }));
    streams[0]?.listener.onEvent(event('overview', { at: 2 }));
    hub.join(later, 'quantum');
    streams[0]?.listener.onEvent(event('decisions', { count: 3 }));
    expect(one.heard.map(({ kind }) => kind)).toEqual([
      'connection',
      'connection',
      'overview',
      'overview',
      'decisions',
    ]);
    expect(later.heard).toEqual([
      { kind: 'connection', connection: 'live' },
      { kind: 'overview', data: { at: 2 } },
      { kind: 'decisions', data: { count: 3 } },
    ]);
  });

  it('says reset where the server does, and where it goes on from nowhere', () => {
    const { hub, streams } = opened();
    const one = page();
    hub.join(one, 'quantum');
    streams[0]?.listener.onEvent(event('reset', {}));
    streams[0]?.listener.onGap();
    expect(one.heard.slice(1)).toEqual([{ kind: 'reset' }, { kind: 'reset' }]);
  });

  it('passes over an event it does not know', () => {
    const { hub, streams } = opened();
    const one = page();
    hub.join(one, 'quantum');
    streams[0]?.listener.onEvent(event('of a later version', {}));
    expect(one.heard).toHaveLength(1);
  });

  it('opens another one after a sign-in, and tells those who still look', () => {
    const { hub, streams } = opened();
    const [one, other] = [page(), page()];
    hub.join(one, 'quantum');
    hub.join(other, 'quantum');
    streams[0]?.listener.onConnection('signed_out');
    hub.join(one, 'quantum');
    expect(streams).toHaveLength(2);
    streams[1]?.listener.onConnection('live');
    expect(one.heard.at(-1)).toEqual({ kind: 'connection', connection: 'live' });
    expect(other.heard.at(-1)).toEqual({ kind: 'connection', connection: 'live' });
  });

  it('leaves the portfolio before it joins another', () => {
    const { hub, streams } = opened();
    const one = page();
    hub.join(one, 'quantum');
    hub.join(one, 'fund-b');
    expect(streams.map(({ isStopped }) => isStopped)).toEqual([true, false]);
  });
});

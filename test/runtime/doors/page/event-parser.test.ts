import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventParser, type StreamEvent } from '../../../../runtime/doors/page/state/event-parser.ts';

function parsed(...pieces: string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const take = eventParser((event) => events.push(event));
  for (const piece of pieces) take(piece);
  return events;
}

describe('a server-sent stream', () => {
  it.each([
    ['an event with all of its fields', 'event: a\nid: 1-0\ndata: x\n\n', [{ event: 'a', id: '1-0', data: 'x' }]],
    ['an event without a name', 'data: x\n\n', [{ event: 'message', id: '', data: 'x' }]],
    ['data over several lines', 'data: x\ndata: y\n\n', [{ event: 'message', id: '', data: 'x\ny' }]],
    ['lines that end with CRLF', 'event: a\r\ndata: x\r\n\r\n', [{ event: 'a', id: '', data: 'x' }]],
    ['a value without a blank', 'data:x\n\n', [{ event: 'message', id: '', data: 'x' }]],
    ['a comment', ': still here\n\n', []],
    ['an event without data', 'event: a\nid: 1-0\n\n', []],
    ['an event that is not complete', 'event: a\ndata: x\n', []],
  ])('has %s', (_, text, events) => {
    expect(parsed(text)).toEqual(events);
  });

  it('does not keep a name or an id for the next event', () => {
    const [, second] = parsed('event: a\nid: 1-0\ndata: x\n\ndata: y\n\n');
    expect(second).toEqual({ event: 'message', id: '', data: 'y' });
  });

  it('says the same wherever it is cut', () => {
    const text = 'event: decisions\nid: 10-1\ndata: {"a":1}\n\n: still here\n\nevent: overview\r\ndata: {}\r\n\r\n';
    const whole = parsed(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((one, other) => one - other), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(parsed(...pieces)).toEqual(whole);
      }),
    );
    expect(whole).toHaveLength(2);
  });
});

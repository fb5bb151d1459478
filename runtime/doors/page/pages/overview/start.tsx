import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { linkTo, shownDemo } from '../../state/address.ts';
import { isUnused } from '../../state/remedies.ts';
import type { Overview } from '../../state/wire.ts';
import { DemoPart } from './demo.tsx';

const CLI = 'npx portcullis redis-cli';

/** The lines that bring a portfolio to its first decision: an account, a position, an exit that somebody proposes. */
function linesOf(prefix: string): readonly (readonly [what: string, line: string])[] {
  const stream = (name: string) => `${prefix}:stream:${name}`;
  return [
    ['The account, again whenever it changes', `${CLI} HSET ${prefix}:state:portfolio equity_usd 3000`],
    [
      'A position, again every minute',
      `${CLI} XADD ${stream('position.snapshot')} '*' symbol ETHUSDT position_notional_usd 1800 sigma 0.15`,
    ],
    [
      'An exit that a strategy proposes',
      `${CLI} XADD ${stream('harvest.proposal')} '*' plan_id first symbol ETHUSDT action FULL_CLOSE`,
    ],
  ];
}

/** Three lines to the first decision: where nobody reports account and positions yet, and nowhere else: their figures are made up. */
export function StartCard({ now }: { readonly now: Overview }) {
  if (!isUnused(now) || shownDemo.value !== undefined) return null;
  return (
    <Card title="Three lines to your first decision" wide="start">
      <p>In the folder this server was started in; with a Redis of your own, with its REDIS_URL set:</p>
      <ol class="lines">
        {linesOf(now.portfolio).map(([what, line]) => (
          <Line key={line} what={what} line={line} />
        ))}
      </ol>
      <p class="muted">
        The decision is on the <a href={linkTo('decisions')}>tape</a> within a second. Bots in Python and TypeScript ask
        at {location.origin}/v1/permits (docs/connect.md).
      </p>
      <DemoPart />
    </Card>
  );
}

function Line({ what, line }: { readonly what: string; readonly line: string }) {
  const isCopied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    isCopied.value = true;
  };
  return (
    <li>
      <p>{what}</p>
      <p class="copied">
        <code>{line}</code>
        {'clipboard' in navigator ? (
          <button type="button" onClick={() => void copy()} aria-label={`Copy: ${what}`}>
            {isCopied.value ? 'Copied' : 'Copy'}
          </button>
        ) : null}
      </p>
    </li>
  );
}

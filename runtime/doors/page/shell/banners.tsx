import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../parts/icons.tsx';
import { Moment } from '../parts/moment.tsx';
import { chosenPortfolio, linkToReal, servesSeveral, shownDemo } from '../state/address.ts';
import { connection, overview, pageIsOld } from '../state/live.ts';
import type { Overview } from '../state/wire.ts';

/** What nobody may miss, on every page: killed, halted, reducing, disarmed, or a page that shows the past. */
export function StateBanners() {
  return (
    <div class="banners" aria-live="assertive">
      {shownDemo.value === undefined ? null : (
        <Banner kind="demo" icon="play" title="DEMO">
          May 2021 on a clock of its own: nothing is real, and nothing can be changed.{' '}
          {connection.value === 'live' ? null : 'It does not answer: it may be deleted by now. '}
          <a href={linkToReal()}>Back to the real portfolio</a>
        </Banner>
      )}
      {overview.value === undefined ? null : <Trading now={overview.value} />}
      {overview.value?.loss === undefined ? null : <Loss {...overview.value.loss} />}
      {connection.value === 'lost' ? (
        <Banner kind="warning" icon="warning" title="Connection lost">
          What is shown is as it was <Moment at={overview.value?.at} />. It is tried again and again.
        </Banner>
      ) : null}
      {pageIsOld.value ? (
        <Banner kind="warning" icon="warning" title="This page is old">
          Another version of Portcullis answers now.{' '}
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>
        </Banner>
      ) : null}
    </div>
  );
}

function Trading({ now }: { readonly now: Overview }) {
  const { kill, trading_state: state, armed, trading } = now;
  if (kill.on) {
    return (
      <Banner kind="critical" icon="stop" title="KILL SWITCH ON">
        No plan gets a permit, exits included. <By {...kill} />
      </Banner>
    );
  }
  if (state === 'HALTED') {
    return (
      <Banner kind="critical" icon="stop" title="HALTED">
        No plan gets a permit, exits included. <By {...trading} />
      </Banner>
    );
  }
  if (state === 'ACTIVE' && armed) return null;
  return (
    <Banner
      kind="warning"
      icon="pause"
      title={armed ? 'REDUCING' : state === 'REDUCING' ? 'REDUCING, DISARMED' : 'DISARMED'}
    >
      Plans that open a position are refused; exits pass. <By {...trading} />
    </Banner>
  );
}

/** A loss limit stands beside the trading state: either may be there without the other. */
function Loss({ known, tripped }: NonNullable<Overview['loss']>) {
  if (tripped.length > 0) {
    return (
      <Banner kind="critical" icon="stop" title="LOSS LIMIT REACHED">
        Plans that open a position are refused; exits pass.{' '}
        {tripped.map(({ reason, loss, limit }) => `${reason}: ${loss}, limit ${limit}`).join('; ')}
      </Banner>
    );
  }
  if (known) return null;
  return (
    <Banner kind="warning" icon="pause" title="LOSSES NOT KNOWN">
      Plans that open a position are refused; exits pass.
    </Banner>
  );
}

interface ByProps {
  readonly actor: string | null;
  readonly reason: string | null;
  readonly since: number | null;
}

function By({ actor, reason, since }: ByProps) {
  if (!actor) return null;
  return (
    <span>
      By {actor}
      {since === null ? null : (
        <>
          {' '}
          at <Moment at={since} />
        </>
      )}
      {reason ? `: ${reason}` : ''}
    </span>
  );
}

function Banner({ kind, icon, title, children }: BannerProps) {
  return (
    <div class={`banner ${kind}`}>
      <Icon name={icon} />
      <strong>{title}</strong>
      <span>
        {servesSeveral.value ? `${chosenPortfolio.value}: ` : ''}
        {children}
      </span>
    </div>
  );
}

interface BannerProps {
  readonly kind: 'critical' | 'warning' | 'demo';
  readonly icon: IconName;
  readonly title: string;
  readonly children: ComponentChildren;
}

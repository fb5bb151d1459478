import type { ComponentChildren } from 'preact';
import { ModeBadge } from './parts/badges.tsx';
import { Confirmation } from './parts/confirm.tsx';
import { ActionButton } from './parts/guarded.tsx';
import { HeatChip } from './parts/heat-chip.tsx';
import { Help } from './parts/help.tsx';
import { Icon } from './parts/icons.tsx';
import { Toast } from './parts/toast.tsx';
import { StateBanners } from './shell/banners.tsx';
import { followHeight } from './shell/height.ts';
import { Tools } from './shell/tools.tsx';
import { kill, release } from './state/actions.ts';
import { address, chosenPortfolio, linkTo, servesSeveral, shownDemo } from './state/address.ts';
import { pages } from './state/hash.ts';
import { overview } from './state/live.ts';
import { session } from './state/session.ts';

/** What is on every page: where one is, how each gate stands, the connection, and the way to stop. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top" ref={followHeight}>
        <div class="pinned">
          <div class="first">
            <a class="brand" href={linkTo('overview')} aria-label="Portcullis">
              <Icon name="gate" />
              <span>Portcullis</span>
            </a>
            <PortfolioSwitch />
            {overview.value === undefined ? null : <HeatChip heat={overview.value.heat} />}
            <KillButton />
            <Tools />
          </div>
          <StateBanners />
        </div>
        <div class="below">
          <Menu />
          <Gates />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Confirmation />
      <Help />
      <Toast />
    </>
  );
}

function PortfolioSwitch() {
  const served = session.value?.portfolios ?? [];
  if (served.length < 2) return <span class="portfolio muted">{chosenPortfolio.value}</span>;
  return (
    <select
      class="portfolio"
      aria-label="Portfolio"
      value={chosenPortfolio.value}
      onChange={({ currentTarget }) => (location.hash = linkTo(address.value.page, { portfolio: currentTarget.value }))}
    >
      {[...served, ...(shownDemo.value === undefined ? [] : [shownDemo.value])].map((prefix) => (
        <option key={prefix} value={prefix}>
          {prefix}
        </option>
      ))}
    </select>
  );
}

/** Always there, never one click away from stopping or starting anything. */
function KillButton() {
  const isOn = overview.value?.kill.on === true;
  return (
    <ActionButton action={isOn ? release : kill} kind={isOn ? 'kill on' : 'kill'}>
      <Icon name={isOn ? 'play' : 'stop'} />
      {isOn ? 'Release …' : 'Kill switch …'}
    </ActionButton>
  );
}

function Gates() {
  const gates = overview.value?.gates ?? [];
  return (
    <ul class="gates" aria-label="Modes of the gates">
      {gates.map(({ gate, mode, enforcing, candidate }) => (
        <li key={gate}>
          <span class="name">{gate}</span>
          <ModeBadge mode={mode} isSilent={!enforcing} />
          {candidate === null ? null : <span class="badge">candidate</span>}
        </li>
      ))}
    </ul>
  );
}

function Menu() {
  const menu = pages.filter((page) => page !== 'portfolios' || servesSeveral.value);
  return (
    <nav aria-label="Pages">
      {menu.map((page) => (
        <a key={page} href={linkTo(page)} aria-current={address.value.page === page ? 'page' : undefined}>
          <Icon name={page} />
          {page[0]?.toUpperCase()}
          {page.slice(1)}
        </a>
      ))}
    </nav>
  );
}

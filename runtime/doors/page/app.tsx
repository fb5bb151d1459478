import type { JSX } from 'preact';
import { BudgetsPage } from './pages/budgets.tsx';
import { DecisionsPage } from './pages/decisions/index.tsx';
import { OperationsPage } from './pages/operations/index.tsx';
import { OverviewPage } from './pages/overview/index.tsx';
import { PortfoliosPage } from './pages/portfolios.tsx';
import { ShadowPage } from './pages/shadow/index.tsx';
import { Waiting } from './parts/states.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { address, chosenPortfolio } from './state/address.ts';
import type { PageName } from './state/hash.ts';
import { session } from './state/session.ts';

const PAGES: Readonly<Record<PageName, () => JSX.Element>> = {
  overview: OverviewPage,
  decisions: DecisionsPage,
  budgets: BudgetsPage,
  shadow: ShadowPage,
  operations: OperationsPage,
  portfolios: PortfoliosPage,
};

/** The console: the sign-in until somebody is signed in, then the page that the address names. */
export function App() {
  if (session.value === undefined) return <Waiting what="who is signed in" />;
  if (session.value === null) return <SignIn />;
  const ThePage = PAGES[address.value.page];
  return (
    <Shell>
      <ThePage key={chosenPortfolio.value} />
    </Shell>
  );
}

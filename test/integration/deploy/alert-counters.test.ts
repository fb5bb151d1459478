import { expect, it } from 'vitest';
import { exposureCauses } from '../../support/alert-causes/exposure.ts';
import { feedCauses } from '../../support/alert-causes/feed.ts';
import { governorCauses } from '../../support/alert-causes/governor.ts';
import { processCauses } from '../../support/alert-causes/process.ts';
import { alertNames, askedBy } from '../../support/alert-condition.ts';
import { AlertWorld } from '../../support/alert-world.ts';
import { QUICK } from '../../support/system.ts';

const causes = [...exposureCauses, ...processCauses, ...governorCauses, ...feedCauses];

/** Alerts on what Portcullis does not count itself, and why. */
const NOT_CAUSED: Readonly<Record<string, string>> = {
  P28BudgetEngineDown: '`up` is made by Prometheus, of a scrape that fails',
  PortcullisDown: '`up` is made by Prometheus, of a scrape that fails',
  PortcullisVersionsDiffer: 'one process is of one version',
};

it('every alert has a cause here, or a reason why it has none', () => {
  const tried = [...causes.map(({ alert }) => alert), ...Object.keys(NOT_CAUSED)];
  expect(tried.sort()).toEqual([...alertNames].sort());
});

it.each(Object.keys(NOT_CAUSED))('%s asks for nothing that moves here', (alert) => {
  expect(askedBy(alert).filter(({ family }) => family !== 'portcullis_build_info')).toEqual([]);
});

it.concurrent.for(causes)('$alert is moved by $cause', async ({ alert, atLeast, make }, { onTestFinished }) => {
  const asked = askedBy(alert);
  expect(asked.length).toBeGreaterThan(0);
  const world = new AlertWorld(asked, QUICK);
  onTestFinished(() => world.stop());
  await make(world);
  await world.moved(atLeast);
});

import { governorModeSpec } from '../../schemas/governor.ts';
import type { ModeSpec } from '../contract/handler.ts';

/** The modes of the governor, the same for all its handlers (contract §4). */
export const GOVERNOR_MODES: ModeSpec = {
  ...governorModeSpec,
  resting: 'testnet',
  enforcing: 'production',
  silent: ['dry_run'],
  touches: 'permits',
  words: {
    production: 'Every gate applies, from its next plan on: kill score, hourly and burst limits and budgets too.',
    testnet:
      'Kill score, hourly and burst limits are skipped, and budgets refuse nothing, from its next plan on, unless GOV_TESTNET_STRICT is true.',
    dry_run: 'It only says what it would do, from its next plan on; the kill switch still blocks.',
  },
  conflict: dryRunConflict,
};

/** A dry-run governor beside an executor that would trade only says what it would have done. */
function dryRunConflict(mode: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const apply = environment.APPLY_MODE?.trim().toLowerCase();
  if (mode.trim().toLowerCase() !== 'dry_run' || apply === undefined || apply === '' || apply === 'dry_run') {
    return undefined;
  }
  return (
    `GOV_MODE: expected APPLY_MODE to be dry_run too, got APPLY_MODE=${apply}: the governor would only say what it ` +
    'would have done while plans are applied. Set both to dry_run, or GOV_MODE to what APPLY_MODE says'
  );
}

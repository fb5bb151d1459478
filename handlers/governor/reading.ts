import { actionKind } from '../../schemas/action.ts';
import { type DecisionRecord, recorded, recordedChecks } from '../../schemas/decision.ts';
import { reportingGates } from '../../schemas/governor-gates.ts';
import { RecordedPlan } from '../../schemas/governor-record.ts';
import type { Reading } from '../contract/faces.ts';
import { refuses } from '../contract/ruling.ts';

const PASSED: ReadonlySet<string> = new Set(['PERMIT', 'WOULD_PERMIT']);
const SWITCHED_OFF: ReadonlySet<string> = new Set(['kill_switch_active', 'restored_unreleased']);

/** What a logged plan says of the governor; a plan that closes has to go through, but for the switches. */
export function planReading(record: DecisionRecord): Reading {
  const { verdict, reason, symbol, action, mode } = record;
  const failed = reason === 'evaluation_error';
  const untouched = { inputs: 'none', incomplete: false, changed: false, protective: 'none', verdicts: [] } as const;
  const none = { ...untouched, failed, exit: false };
  if (verdict === 'IGNORED' || verdict === 'DUPLICATE') return none;
  const passed = PASSED.has(verdict);
  if (actionKind(action, recorded(RecordedPlan, record.input)?.reduce_only === true) === 'CLOSE') {
    return {
      ...none,
      exit: true,
      changed: !passed,
      protective: passed || SWITCHED_OFF.has(reason) ? 'kept' : 'changed',
    };
  }
  const checks = recordedChecks(record.checks);
  const data = checks.find(({ gate }) => gate === 'caps_data');
  return {
    ...none,
    inputs: failed
      ? 'missing'
      : data === undefined || data.verdict === 'skipped'
        ? 'none'
        : data.value === ''
          ? 'fresh'
          : 'missing',
    incomplete: String(data?.value ?? '').includes('position_unpriced'),
    changed: !passed || checks.some((check) => refuses(check) && !reportingGates.has(check.gate)),
    verdicts: [[symbol, mode === 'dry_run' ? verdict.replace('WOULD_', '') : verdict]],
  };
}

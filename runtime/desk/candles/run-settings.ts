import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { lossLimits } from '../../../schemas/loss-limits.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import { streakLimits } from '../../../schemas/trades.ts';
import { handlersOf } from '../../market/player/open-play.ts';
import { LOSS_WATCHER } from '../../market/player/settings.ts';
import { PAPER_STAGE } from '../../market/player/stage.ts';
import type { Environment } from '../../settings/environment.ts';
import { type LoadedSettings, loadSettings, SettingsError } from '../../settings/load.ts';
import { replayRules } from '../replay/rules.ts';

/** The settings of a run under a policy, and the modes of its gates. */
export interface RunSettings {
  readonly settings: LoadedSettings;
  readonly modes: Readonly<Record<string, string>>;
  /** Whether plans that are blocked are executed all the same. */
  readonly executesBlocked?: boolean;
}

/** The gates that play, with what they are started with in each run. */
export interface Runs {
  readonly handlers: readonly AnyHandler[];
  /** The settings under each policy. */
  readonly settings: readonly RunSettings[];
}

/**
 * The runs of a replay: the environment's settings that the gates heed under each of these policies, of which an empty
 * one changes nothing. Throws a `SettingsError` that lists whatever cannot be used.
 */
export async function runsOf(environment: Environment, policies: readonly ReplayPolicy[]): Promise<Runs> {
  refuseStreaks(environment, policies);
  const watchers = limitsLosses(environment, policies) ? [LOSS_WATCHER] : [];
  const handlers = await handlersOf({ ...PAPER_STAGE, handlers: [...PAPER_STAGE.handlers, ...watchers] });
  return { handlers, settings: policies.map((each) => runSettings(handlers, environment, each)) };
}

/** No account feed plays here, and nobody else counts what trades came to: under such a limit nothing would open. */
function refuseStreaks(environment: Environment, policies: readonly ReplayPolicy[]): void {
  const all = [environment, ...changedBy(policies)];
  const isSet = (text: string | undefined) => !['', 'off'].includes((text ?? '').trim().toLowerCase());
  const names = streakLimits.filter((name) => all.some((one) => isSet(one[name])));
  if (names.length === 0) return;
  throw new SettingsError(
    names.map(
      (name) => `${name}: expected off, since losses in a row are not counted over candles; ${name}=off leaves it out`,
    ),
    [],
  );
}

function changedBy(policies: readonly ReplayPolicy[]) {
  return policies.flatMap((policy) => Object.values(policy).map(({ settings }) => settings ?? {}));
}

/** Whether a loss limit is named in any run: its watcher plays then, without which no loss is known and nothing opens. */
function limitsLosses(environment: Environment, policies: readonly ReplayPolicy[]): boolean {
  return lossLimits.some(({ setting }) =>
    [environment, ...changedBy(policies)].some((one) => one[setting] !== undefined),
  );
}

/** Gate by gate: two may have a setting of the same name, of which a policy changes one. */
function runSettings(handlers: readonly AnyHandler[], environment: Environment, policy: ReplayPolicy): RunSettings {
  replayRules(handlers, environment, new Map(), policy);
  const base = loadSettings(ownOf(handlers, environment), handlers);
  const parsed = new Map(base.handlers);
  const modes = new Map(base.modes);
  for (const [gate, { mode, settings }] of Object.entries(policy)) {
    const theirs = handlers.filter((handler) => handler.gate === gate);
    const { handlers: changed } = loadSettings({ ...ownOf(theirs, environment), ...settings }, theirs);
    for (const [name, value] of changed) parsed.set(name, value);
    if (mode !== undefined) modes.set(gate, { value: mode, explicit: true });
  }
  return {
    settings: { ...base, handlers: parsed, modes },
    modes: Object.fromEntries([...modes].map(([gate, { value }]) => [gate, value])),
  };
}

/** Nothing of the environment but what these handlers heed: no Redis, no port, no name of a stream. */
export function ownOf(handlers: readonly AnyHandler[], environment: Environment): Environment {
  const names = handlers.flatMap((handler) => [...handler.settingNames, ...(handler.modes?.settings ?? [])]);
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

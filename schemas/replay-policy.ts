import { z } from 'zod';

const SettingText = z
  .union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number or true or false' })
  .transform(String);

/** What a replay changes of one gate: its mode, and settings by name; what it leaves out stays as it was. */
const GatePolicy = z.strictObject({
  /** For people: what it is and where it comes from. */
  about: z.string().optional(),
  version: z.string().optional(),
  mode: z.string().optional(),
  settings: z.record(z.string(), SettingText).default({}),
});

/** Limits in a file, to replay with (docs/evidence.md) or to set: for each gate it names, what is to be different. */
export const ReplayPolicy = z.record(z.string(), GatePolicy);

/** Parsed `ReplayPolicy`. */
export type ReplayPolicy = z.output<typeof ReplayPolicy>;

/** What a file of limits to set may say, for help. */
export const LIMITS_EXAMPLE = '{"heat-gate":{"settings":{"HEAT_MIN":"0.3"}}}';

/** What a file of one may say, for help and refusals. */
export const REPLAY_POLICY_EXAMPLE = '{"heat-gate":{"settings":{"HEAT_MIN":"0.3"}},"governor":{"mode":"production"}}';

import { z } from 'zod';
import { ReplayPolicy } from './replay-policy.ts';

/** The form of a run that is kept: what reads it refuses a newer one. */
export const KEPT_RUN_FORMAT = 1;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in hexadecimal digits' });
/** A name inside the folder: nothing outside it is ever read or written. */
const FileName = z.string().regex(/^\w[\w.-]*$/, { error: 'expected a plain file name' });

/** One play of a run: a strategy under one set of limits, with the decision log of it. */
const KeptPlay = z.looseObject({
  /** By which `--run` finds it. */
  name: FileName,
  /** Its decisions as `export --gzip` writes them. */
  file: FileName,
  sha256: Sha256,
  decisions: z.number(),
  /** What it changed of the settings of the run; null for the settings themselves. */
  policy: ReplayPolicy.nullable(),
  modes: z.record(z.string(), z.string()),
  /** ISO 8601: when its first hour opened and its last one closed. */
  from: z.string(),
  to: z.string(),
  /** What it came to, as the replay says it. */
  result: z.unknown(),
});

/** `manifest.json` of a run that `replay --keep` kept (docs/evidence.md, Runs that are kept). */
export const KeptRun = z.looseObject({
  format: z.literal(KEPT_RUN_FORMAT),
  /** Version of the program that played it, and when (ISO 8601). */
  portcullis: z.string(),
  kept_at: z.string(),
  /** The files of candles it was played on. */
  candles: z.array(z.looseObject({ file: z.string(), sha256: Sha256 })),
  /** The hourly closes of them that were played, as a file of candles. */
  prices: z.looseObject({ file: FileName, sha256: Sha256, symbols: z.array(z.string()) }),
  /** The funding rates it was played with, as a file of them; left out where there were none. */
  funding: z.looseObject({ file: FileName, sha256: Sha256 }).optional(),
  /** Its name, or the file it was in; all of its parameters; and the file that proposed where its rules did not. */
  strategy: z.looseObject({
    named: z.string(),
    stated: z.unknown(),
    proposed_by: z.looseObject({ kind: z.enum(['module', 'proposals']), file: z.string(), sha256: Sha256 }).optional(),
  }),
  /** The settings of the environment that the gates heeded, by name. */
  settings: z.record(z.string(), z.string()),
  plays: z.array(KeptPlay).min(1),
});

/** Parsed `KeptRun`. */
export type KeptRun = z.output<typeof KeptRun>;

/** Parsed play of a run. */
export type KeptPlay = z.output<typeof KeptPlay>;

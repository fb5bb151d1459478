import { z } from 'zod';
import { Because } from './change.ts';
import { list, UnixSeconds } from './shapes.ts';

/** The body of `POST /v1/proof` and of its end: nothing of the portfolio is changed, so a reason may be left out. */
export const ProofBody = z.strictObject({ ...Because, reason: Because.reason.default('asked over HTTP') });

const ProofCheck = z.object({
  section: z.string(),
  name: z.string(),
  expected: z.string(),
  got: z.string(),
  verdict: z.enum(['pass', 'fail', 'skipped']),
  ms: z.number().describe('How long it took, milliseconds'),
});

/** The last proof that was begun over HTTP, as far as it has come. */
export const ProofRun = z
  .object({
    state: z
      .enum(['none', 'running', 'done', 'stopped', 'failed', 'lost'])
      .describe('`failed`: it could not be made to its end; `lost`: the process that made it is gone'),
    by: z.string().describe('Who began it'),
    reason: z.string().describe('Why'),
    at: UnixSeconds.nullable().describe('When it was begun'),
    scratch: z.string().describe('Prefix of its scratch portfolio'),
    sections: list(z.string()).describe('What it goes through, in order'),
    checks: list(ProofCheck).describe('What has been checked yet'),
    says: z.string().describe('What came of it in words; empty while it runs'),
    report: z
      .string()
      .describe('The whole checklist as Markdown, as `portcullis prove --report` writes it; empty while it runs'),
  })
  .meta({ id: 'ProofRun' });

/** A parsed `ProofRun`. */
export type ProofRun = z.output<typeof ProofRun>;

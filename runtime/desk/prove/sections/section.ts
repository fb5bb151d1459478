import type { Redis } from 'ioredis';
import type { Finding } from '../../doctor/findings.ts';
import type { Checklist } from '../checklist.ts';
import type { ProofHost } from '../invitation.ts';
import type { Stack } from '../stack.ts';
import type { Web } from '../web.ts';

/** What a section of the proof works with. */
export interface Proof {
  readonly list: Checklist;
  readonly stack: Stack;
  readonly web: Web;
  readonly hosts: readonly ProofHost[];
  /** How many workers the real portfolio has. */
  readonly workers: number;
  /** What the doctor finds broken of the server and the real portfolio. */
  readonly broken: () => Promise<readonly Finding[]>;
  /** Milliseconds that 99 of 100 entries may take; undefined: any. */
  readonly maxLatencyMs: number | undefined;
  /** Another connection to the same Redis. */
  readonly connect: () => Promise<Redis>;
  /** The environment a worker of the proof's own is started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** A part of the proof, by the name that `--only` takes. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** The handlers that all its checks need. */
  readonly needs: readonly string[];
  /** Made only when it is asked for by its option: it kills a process. */
  readonly destructive?: boolean;
  readonly run: (proof: Proof) => Promise<void>;
}

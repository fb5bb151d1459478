import type { Rig } from '../rig.ts';

/** Something that goes wrong while traffic runs; resolves once it is over and mended. */
export interface Fault {
  /** As the command line and the report name it. */
  readonly name: string;
  /** Whether it is short enough for every mix. */
  readonly mixes: boolean;
  /** Proposals that wait before the first worker starts. */
  readonly backlog?: number;
  /** Whether twenty bots ask over HTTP besides: every worker serves it then. */
  readonly asksOverHttp?: true;
  readonly happen: (rig: Rig) => Promise<unknown>;
}

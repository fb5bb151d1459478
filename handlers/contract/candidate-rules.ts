/** A candidate policy: judged by beside the one in force, with no effect. */
export interface CandidateRules<S> {
  readonly version: string;
  readonly settings: S;
}

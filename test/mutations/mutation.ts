/** One promise broken: a text of a file replaced by another, and the test that must fail of it. */
export interface Mutation {
  /** What does not hold any more, in a few words. */
  readonly breaks: string;
  /** The file, from the root of the project. */
  readonly file: string;
  /** What is replaced: it stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The test file that is run, and a part of the name of the test in it that must fail. */
  readonly test: string;
  readonly dies: string;
}

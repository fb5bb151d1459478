import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutation.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = ['schemas', 'handlers', 'runtime', 'test', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const LINKED = ['node_modules', 'dist'];
const MOST_MS = 180_000;
/** A test that waits for what a broken promise never brings has failed after so long. */
const TEST_MS = 15_000;

/** A test by its name with those of the groups it is in, and how it ended: `passed`, `failed` or `skipped`. */
interface TestOutcome {
  readonly fullName: string;
  readonly status: string;
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly TestOutcome[] }[];
}

/** A copy of the project in a temporary folder, in which a promise can be broken. */
export class MutantTree {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Copies sources and tests; packages and the build are those of the project. */
  static copy(): MutantTree {
    const root = mkdtempSync(join(tmpdir(), 'portcullis-mutant-'));
    for (const name of COPIED) cpSync(join(ROOT, name), join(root, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(ROOT, name), join(root, name));
    return new MutantTree(root);
  }

  /** Does `work` while the mutation is in the tree. */
  async mutated<T>({ file, from, to }: Mutation, work: () => Promise<T>): Promise<T> {
    const path = join(this.#root, file);
    const text = readFileSync(path, 'utf8');
    const found = text.split(from).length - 1;
    if (found !== 1) throw new Error(`expected this once in ${file}, got it ${found} times: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    try {
      return await work();
    } finally {
      writeFileSync(path, text);
    }
  }

  /** Runs the tests of these files, or those of them whose name has `named` in it; answers how each ended. */
  async outcomes(files: readonly string[], named?: string): Promise<readonly TestOutcome[]> {
    const output = join(this.#root, 'report.json');
    rmSync(output, { force: true });
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const only = named === undefined ? [] : [`--testNamePattern=${named.replaceAll(/[^\w\s]/g, '.')}`];
    const options = ['--reporter=json', `--outputFile=${output}`, `--testTimeout=${TEST_MS}`, ...only];
    const said = await new Promise<string>((resolve) => {
      const about = { cwd: this.#root, timeout: MOST_MS };
      execFile(process.execPath, [vitest, 'run', ...options, ...files], about, (_, out, err) => resolve(out + err));
    });
    return reportIn(output, said).testResults.flatMap(({ assertionResults }) => assertionResults);
  }

  /** Deletes it. */
  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function reportIn(path: string, said: string): Report {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    throw new Error(`expected a report of the tests, got:\n${said}`);
  }
}

import { FACTS_PROBLEM } from '../../../schemas/decision-facts.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { LineFile } from '../decisions/line-file.ts';
import { type EndLine, endValues, exportLine, type SealLine } from './export-lines.ts';
import type { Kept } from './kept.ts';
import { leafOf, storedDecision, writtenId } from './leaf.ts';
import { isMarked } from './ledger-key.ts';
import type { SealVerdict } from './log-check.ts';
import { merkleRoot } from './merkle.ts';
import { Problems } from './problems.ts';
import { RangeCheck } from './range-check.ts';
import type { Seal } from './seal.ts';
import { SealWalk } from './seal-walk.ts';

/** What a file is held to besides itself. */
export interface FileCheck {
  readonly key: string | undefined;
  /** Hash of a seal, noted earlier, that must be in it. */
  readonly head: string | undefined;
  /** What was kept outside Redis of the seals of a portfolio, and what is wrong with that. */
  readonly keptOf: (portfolio: string) => Kept;
}

/** What a file says, and whether it is a sealed export at all. */
export type FileVerdict = SealVerdict & {
  readonly portfolio: string;
  /** Kept heads that it was held to. */
  readonly held: number;
  /** Decisions whose shared facts were lost when it was written. */
  readonly factless: number;
  /** Whether any line of it says anything of seals. */
  readonly isSealed: boolean;
};

/** Holds an export to the seals in it, without Redis and in the memory of one range; throws a `LineFileError` for a file that cannot be read. */
export async function verifyFile(path: string, check: FileCheck): Promise<FileVerdict> {
  const file = await LineFile.open(path);
  const run = new FileCheckRun(check);
  let number = 0;
  for await (const lines of file.batches()) {
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '') run.take(number, line);
    }
  }
  return run.verdict();
}

class FileCheckRun {
  readonly #check: FileCheck;
  readonly #problems = new Problems();
  readonly #hashes = new Map<number, string>();
  #walk: SealWalk | undefined;
  #first: Seal | undefined;
  #range: RangeCheck | undefined;
  #end: EndLine | undefined;
  /** The newest decisions, which are in no range: none may come before another seal. */
  #outside: string[] = [];
  #decisions = 0;
  #trimmed = 0;
  #factless = 0;
  #moved = 0;
  #lastId = '0-0';
  #isLastMoved = false;

  constructor(check: FileCheck) {
    this.#check = check;
  }

  take(number: number, line: string): void {
    const said = exportLine(line);
    if (this.#end !== undefined) this.#problems.add(`line ${number} stands behind the end of the export`);
    else if (said === undefined)
      this.#problems.add(`line ${number}: expected a line of export --seal, got something else`);
    else if ('seal' in said) this.#seal(number, said.seal);
    else if ('end' in said) this.#end = said.end;
    else this.#decision(number, said.members);
  }

  #decision(line: number, members: Fields): void {
    this.#decisions += 1;
    const decision = storedDecision(members);
    const id = writtenId(decision);
    if (members[FACTS_PROBLEM] !== undefined) this.#factless += 1;
    this.#compareIds(line, decision.id, id);
    const range = this.#range;
    if (range === undefined || range.isEnded || compareStreamIds(id, range.seal.to) > 0)
      this.#outside.push(`line ${line}: decision ${id}`);
    else range.take(line, id, leafOf(decision).toString('hex'));
  }

  /** A stream has its ids in order, and a repair of a clock that was ahead takes them back, never forward. */
  #compareIds(line: number, id: string, written: string): void {
    const isMoved = id !== written;
    if ((isMoved || this.#isLastMoved) && compareStreamIds(id, this.#lastId) <= 0)
      this.#problems.add(`line ${line}: decision ${id} is out of order`);
    this.#lastId = id;
    this.#isLastMoved = isMoved;
    if (!isMoved) return;
    this.#moved += 1;
    if (compareStreamIds(written, id) < 0)
      this.#problems.add(`line ${line}: decision ${id} says that a repair moved it forward, from ${written}`);
  }

  #seal(number: number, { portfolio, entry, leaves }: SealLine): void {
    this.#endRange();
    for (const decision of this.#outside)
      this.#problems.add(`${decision} was added, or is out of order: it is in no range`);
    this.#outside = [];
    this.#walk ??= new SealWalk({ portfolio, key: this.#check.key });
    const { seal, problem } = this.#walk.take(entry);
    if (problem !== undefined) this.#problems.add(`line ${number}: ${problem}`);
    if (seal === undefined) return;
    const hashes = leaves.map((leaf) => Buffer.from(leaf.slice(leaf.indexOf(' ') + 1), 'hex'));
    const [oldest = '', newest = ''] = [leaves[0], leaves.at(-1)];
    const isCut = !oldest.startsWith(`${seal.from} `) && newest.startsWith(`${seal.to} `);
    if (this.#first === undefined && isCut && leaves.length < seal.count) this.#trimmed += 1;
    else if (leaves.length !== seal.count || merkleRoot(hashes).toString('hex') !== seal.root) {
      this.#problems.add(`line ${number}: seal ${seal.seal} was made of other decisions than those listed in it`);
    }
    this.#first ??= seal;
    this.#hashes.set(seal.seal, seal.after);
    this.#range = new RangeCheck(seal, leaves);
  }

  #endRange(): void {
    for (const problem of this.#range?.problems() ?? []) this.#problems.add(problem);
    this.#range = undefined;
  }

  verdict(): FileVerdict {
    this.#endRange();
    if (this.#end === undefined) this.#problems.add('the end of the export is missing: the file was cut off');
    else this.#compareEnd(this.#end);
    this.#problems.add(this.#walk?.unheld());
    const { head } = this.#check;
    if (head !== undefined && ![...this.#hashes.values()].includes(head)) {
      this.#problems.add(`no seal of the file has the hash ${head}`);
    }
    const held = this.#compareKept();
    const problems = this.#problems.said();
    const { seal: newest = 0, after = '' } = this.#walk?.last ?? {};
    return {
      ...{ whole: problems.length === 0, isSealed: (this.#walk ?? this.#end) !== undefined },
      ...{ portfolio: this.#end?.portfolio ?? '', decisions: this.#decisions, unsealed: this.#outside.length },
      ...{ seals: this.#walk?.seals ?? 0, trimmed: this.#trimmed, newest, head: after, held },
      ...{ moved: this.#moved, unmarked: this.#walk?.unmarked ?? 0, factless: this.#factless, problems },
    };
  }

  /** What the last line says of the file must be so. */
  #compareEnd(end: EndLine): void {
    const [first, last] = [this.#first?.seal ?? 0, this.#walk?.last?.seal ?? 0];
    const cut = (where: string, was: number, is: number) =>
      this.#problems.add(`the export ${where} with ${was || 'no seal'}, the file with ${is || 'none'}: it was cut off`);
    if (first !== end.first) cut('began', end.first, first);
    if (last !== end.last || (this.#walk?.last?.after ?? '') !== end.head) cut('ended', end.last, last);
    if (this.#trimmed > 0 !== end.trimmed) this.#problems.add('the first range was not trimmed when it was exported');
    if (this.#decisions !== end.decisions) {
      this.#problems.add(`the export had ${end.decisions} decisions, the file has ${this.#decisions}`);
    }
    if (this.#outside.length !== end.unsealed) {
      this.#problems.add(`${end.unsealed} decisions were not sealed, the file has ${this.#outside.length} such`);
    }
    if (this.#factless !== (end.factless ?? 0)) {
      this.#problems.add(
        `${end.factless ?? 0} decisions had lost their shared facts when it was written, the file has ${this.#factless} such`,
      );
    }
    const { key } = this.#check;
    if (key === undefined) return;
    if (end.mac === undefined) this.#problems.add('the last line has no mark of LEDGER_KEY_FILE');
    else if (!isMarked(end.mac, key, endValues(end))) {
      this.#problems.add(
        'the last line has another mark than LEDGER_KEY_FILE gives: the file was changed, or the key was',
      );
    }
  }

  /** Compares with the heads that were kept outside Redis; answers how many of them the file has. */
  #compareKept(): number {
    const end = this.#end;
    if (end === undefined) return 0;
    const { kept, problems } = this.#check.keptOf(end.portfolio);
    for (const problem of problems) this.#problems.add(problem);
    let held = 0;
    for (const { at, seal, hash } of kept) {
      const found = this.#hashes.get(seal);
      const when = new Date(at * 1000).toISOString();
      if (found !== undefined) held += 1;
      if (found !== undefined && found !== hash) {
        this.#problems.add(`seal ${seal} is another one than was kept at ${when}: it was written anew`);
      }
      if (end.last > 0 && seal > end.last && at * 1000 <= end.until) {
        this.#problems.add(`seal ${seal} was there at ${when}, and the file ends with ${end.last}: it was cut off`);
      }
    }
    return held;
  }
}

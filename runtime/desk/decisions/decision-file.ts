import { FACTS_ENTRY } from '../../../schemas/decision-facts.ts';
import { quoted } from '../../../schemas/setting.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { LoggedDecision } from './decisions.ts';
import { LineFile, LineFileError } from './line-file.ts';

/** Decisions in the order of the log, and how far that is into all there are, 0 … 1. */
export interface DecisionPage {
  readonly decisions: readonly LoggedDecision[];
  readonly share: number;
}

/** The decisions of a file as `export` writes it, compressed or not, a page at a time and in constant memory; throws a `LineFileError` for any other. */
export async function* fileDecisions(path: string): AsyncGenerator<DecisionPage> {
  const file = await LineFile.open(path);
  let number = 0;
  for await (const lines of file.batches()) {
    const decisions: LoggedDecision[] = [];
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '' && !isSealLine(line)) decisions.push(decisionOf(line, path, number));
    }
    if (decisions.length > 0) yield { decisions, share: file.share };
  }
}

/** Whether a line of an export is no decision, but says something of its seals (`export --seal`). */
export function isSealLine(line: string): boolean {
  return line.startsWith('{"seal":') || line.startsWith('{"sealed":');
}

function decisionOf(line: string, path: string, number: number): LoggedDecision {
  const members = membersOf(line);
  if (members === undefined) {
    const where = `${path}, line ${number}`;
    const got = quoted(line);
    throw new LineFileError(`${where}: expected a decision as portcullis export writes it, got ${got}`);
  }
  const { id = '' } = members;
  if (members[FACTS_ENTRY] !== undefined) {
    throw new LineFileError(`${path}, line ${number}: expected a decision with its facts, got one of export --raw`);
  }
  if (/^\d+-\d+$/.test(id)) return { id, fields: members };
  throw new LineFileError(`${path}, line ${number}: expected the id of a decision, got ${JSON.stringify(id)}`);
}

/** The texts of a JSON object; undefined for anything else. By hand, and not copied: this is most of the work of a long file. */
export function membersOf(line: string): Fields | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const members = json as Record<string, unknown>;
  for (const name in members) if (typeof members[name] !== 'string') return undefined;
  return members as Fields;
}

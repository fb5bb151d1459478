import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Fields } from '../../schemas/wire.ts';
import type { LoggedDecision } from '../ops/decisions.ts';

const PAGE = 500;
const GZIP_MAGIC = 0x1f8b;
const SHOWN_OF_A_LINE = 60;

/** A file of decisions that cannot be read: says which line, what was expected and what came. */
export class DecisionFileError extends Error {}

/** Decisions in the order of the log, and how far that is into all there are, 0 … 1. */
export interface DecisionPage {
  readonly decisions: readonly LoggedDecision[];
  readonly share: number;
}

/** The decisions of a file as `export` writes it, compressed or not, a page at a time and in constant memory. */
export async function* fileDecisions(path: string): AsyncGenerator<DecisionPage> {
  const { size } = await stat(path);
  const file = createReadStream(path);
  const text = (await isGzip(path)) ? unzipped(file) : file;
  let decisions: LoggedDecision[] = [];
  let number = 0;
  for await (const line of linesOf(text, path)) {
    number += 1;
    if (line.trim() === '') continue;
    decisions.push(decisionOf(line, `${path}, line ${number}`));
    if (decisions.length < PAGE) continue;
    yield { decisions, share: file.bytesRead / size };
    decisions = [];
  }
  if (decisions.length > 0) yield { decisions, share: 1 };
}

function unzipped(file: Readable): Readable {
  return pipeline(file, createGunzip(), () => undefined);
}

async function* linesOf(text: Readable, path: string): AsyncGenerator<string> {
  let begun = '';
  text.setEncoding('utf8');
  try {
    for await (const chunk of text) {
      const lines = `${begun}${String(chunk)}`.split('\n');
      begun = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw new DecisionFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (begun !== '') yield begun;
}

function decisionOf(line: string, where: string): LoggedDecision {
  const members = membersOf(line);
  if (members === undefined) {
    const got = JSON.stringify(line.slice(0, SHOWN_OF_A_LINE));
    throw new DecisionFileError(`${where}: expected a decision as portcullis export writes it, got ${got}`);
  }
  const { id = '' } = members;
  if (/^\d+-\d+$/.test(id)) return { id, fields: members };
  throw new DecisionFileError(`${where}: expected the id of a decision, got ${JSON.stringify(id)}`);
}

/** The texts of a JSON object; undefined for anything else. By hand: this is most of the work of a long file. */
function membersOf(line: string): Fields | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const members: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(json)) {
    if (typeof value !== 'string') return undefined;
    members[name] = value;
  }
  return members;
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === GZIP_MAGIC;
  } finally {
    await file.close();
  }
}

import { createReadStream, type ReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const GZIP_MAGIC = 0x1f8b;
const CHUNK_BYTES = 1 << 18;

/** A file that cannot be read: says which line, what was expected and what came. */
export class LineFileError extends Error {}

/** A file of text, compressed or not, line by line and in constant memory. */
export class LineFile {
  readonly #path: string;
  readonly #size: number;
  readonly #file: ReadStream;
  readonly #text: Readable;

  private constructor(path: string, size: number, gzip: boolean) {
    this.#path = path;
    this.#size = size;
    this.#file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    this.#text = gzip ? pipeline(this.#file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined) : this.#file;
  }

  /** Opens a file; rejects with what the system says when there is none. */
  static async open(path: string): Promise<LineFile> {
    const { size } = await stat(path);
    return new LineFile(path, size, await isGzip(path));
  }

  /** How far reading is into the file, 0 … 1. */
  get share(): number {
    return this.#file.bytesRead / this.#size;
  }

  /** The lines, without their ends; throws a `LineFileError` where they cannot be read. */
  async *lines(): AsyncGenerator<string> {
    for await (const batch of this.batches()) yield* batch;
  }

  /** The same, some hundred kilobytes of lines at a time: a promise for each line costs more than the line. */
  async *batches(): AsyncGenerator<readonly string[]> {
    let begun = '';
    this.#text.setEncoding('utf8');
    try {
      for await (const chunk of this.#text) {
        const lines = `${begun}${String(chunk)}`.split('\n');
        begun = lines.pop() ?? '';
        yield lines;
      }
    } catch (error) {
      throw new LineFileError(`${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#file.destroy();
    }
    if (begun !== '') yield [begun];
  }
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

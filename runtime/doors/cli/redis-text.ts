const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\u0007' };
const WORD = /"((?:[^"\\]|\\.)*)"(?=\s|$)|'((?:[^'\\]|\\.)*)'(?=\s|$)|([^\s"']\S*)/y;

/** The words of a line as redis-cli reads it: blanks part them, quotes keep them together. `undefined`: quotes that do not match. */
export function wordsOf(line: string): readonly string[] | undefined {
  const text = line.trim();
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    WORD.lastIndex = at;
    const found = WORD.exec(text);
    if (found === null) return undefined;
    const [, double, single, plain = ''] = found;
    words.push(double === undefined ? (single?.replaceAll("\\'", "'") ?? plain) : unescaped(double));
    at = WORD.lastIndex + (/^\s*/.exec(text.slice(WORD.lastIndex))?.[0].length ?? 0);
  }
  return words;
}

/** A reply as redis-cli writes it where nobody sits at a terminal: each value on a line, nothing for null. */
export function replyBytes(reply: unknown): Buffer {
  return Buffer.concat([valueBytes(reply), Buffer.from('\n')]);
}

function valueBytes(reply: unknown): Buffer {
  if (Buffer.isBuffer(reply)) return reply;
  if (reply === null) return Buffer.alloc(0);
  if (reply instanceof Error) return Buffer.from(`${reply.message}\n`);
  if (!Array.isArray(reply)) return Buffer.from(String(reply));
  const lines = reply.map(valueBytes);
  return Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [Buffer.from('\n'), line])));
}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_all, hex: string | undefined, letter: string) =>
    hex === undefined ? (LETTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

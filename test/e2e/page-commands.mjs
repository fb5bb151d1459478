import { readFileSync } from 'node:fs';

const PROGRAM =
  /^(?:[A-Z][A-Z0-9_]*=\S+ )*(?:sudo |set -a|export [A-Z]|cd |npx |npm |portcullis |redis-|curl |docker |kubectl |systemctl |journalctl |promtool |python3 |cp |deploy\/|openssl |git )/;
const INLINE = /`((?:npx )?(?:portcullis|redis-cli|curl) [^`]+)`/g;

/**
 * The commands of a page in order: those of its code blocks, with the output that is shown below them, and where
 * `inline` says so those in its sentences too. A command over several lines is one.
 */
export function commandsOf(path, { inline = false } = {}) {
  const found = [];
  let isFenced = false;
  let current;
  for (const [at, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.trimStart().startsWith('```')) {
      isFenced = !isFenced;
      current = undefined;
    } else if (isFenced || line.startsWith('    ')) {
      const text = line.trim().replace(/^\$ /, '');
      if (current?.command.endsWith('\\')) current.command = `${current.command.slice(0, -1)} ${text}`;
      else if (PROGRAM.test(text)) {
        current = { line: at + 1, command: text, shown: [] };
        found.push(current);
      } else current?.shown.push(text);
    } else {
      if (line !== '') current = undefined;
      if (!inline) continue;
      for (const [, command] of line.matchAll(INLINE)) found.push({ line: at + 1, command, shown: [] });
    }
  }
  return found.map(({ command, ...rest }) => ({ ...rest, command: command.replace(/\s+#\s.*$/, '') }));
}

/** What of an output shown on a page is not in the output that came: headings of tables, names of JSON members, sentences before a figure. */
export function missingIn(shown, output) {
  const missing = [];
  for (const line of shown) {
    if (/^[A-Z][A-Z .]+(?: {2,}[A-Z][A-Z .]+)+$/.test(line)) {
      const wanted = line.split(/ {2,}/);
      const isThere = output.split('\n').some((one) => wanted.every((word) => one.includes(word)));
      if (!isThere) missing.push(line);
    } else if (line.startsWith('{')) {
      const names = [...line.replace(/"(?:[^"\\]|\\.)*"(?!\s*:)/g, '""').matchAll(/"(\w+)":/g)].map(([, name]) => name);
      missing.push(...names.filter((name) => !output.includes(`"${name}":`)));
    }
  }
  return missing;
}

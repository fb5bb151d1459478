import { writeFile } from 'node:fs/promises';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { errorText } from '../../redis/problem.ts';
import { documents } from './documents.ts';

try {
  for (const { path, text } of documents(await loadHandlers())) await writeFile(path, text);
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}

import { writeFile } from 'node:fs/promises';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { documents } from './documents.ts';

for (const { path, text } of documents(await loadHandlers())) await writeFile(path, text);

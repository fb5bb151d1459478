import { writeFileSync } from 'node:fs';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { boardJson, boardsOf } from './boards.ts';

for (const board of boardsOf(await loadHandlers())) {
  writeFileSync(new URL(`${board.name}.json`, import.meta.url), boardJson(board));
}

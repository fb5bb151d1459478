import { writeFileSync } from 'node:fs';
import { boardJson, boards } from './boards.ts';

for (const board of boards) {
  writeFileSync(new URL(`${board.name}.json`, import.meta.url), boardJson(board));
}

#!/usr/bin/env node
import {
  buildIsCurrent,
  ensureBuild,
  ensureModules,
  isWorkingTree,
  PrepareError,
  requireNode,
  say,
} from './prepare.mjs';

try {
  requireNode();
  if (isWorkingTree()) {
    await ensureModules({ dev: !buildIsCurrent() });
    await ensureBuild();
  }
  process.setSourceMapsEnabled(true);
  const { main } = await import('../../dist/runtime/process/main.js');
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  process.exitCode = error.exitCode;
}

#!/usr/bin/env node
import { ensureBuild, ensureModules, PrepareError, requireNode, say } from './prepare.mjs';

try {
  requireNode();
  await ensureModules({ dev: true });
  await ensureBuild();
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  process.exitCode = error.exitCode;
}

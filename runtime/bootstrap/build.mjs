#!/usr/bin/env node
import { ensureBuild, ensureModules, PrepareError, requireNode, say } from './prepare.mjs';

try {
  requireNode();
  ensureModules({ dev: true });
  ensureBuild();
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

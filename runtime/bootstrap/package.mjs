#!/usr/bin/env node
/**
 * Makes the package, in the folder it is called from, with the packages it was tested with inside: `overrides` do not
 * travel, and npm heeds an npm-shrinkwrap.json of a registry's package only, not one of a file.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuild, ensureModules, failureOfNpm, PrepareError, ROOT, requireNode, say } from './prepare.mjs';

const ALWAYS_PACKED = ['README.md', 'LICENSE'];

const stage = mkdtempSync(join(tmpdir(), 'portcullis-pack-'));
try {
  requireNode();
  await ensureModules({ dev: true });
  await ensureBuild();
  fill();
  const target = resolve(process.env.INIT_CWD ?? '.');
  const failure = await failureOfNpm(
    'pack',
    stage,
    `--pack-destination=${target}`,
    '--ignore-scripts',
    '--loglevel=error',
  );
  if (failure !== undefined) throw new PrepareError(`npm pack failed (${failure}): see the lines above`);
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  process.exitCode = error.exitCode;
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** Lays out what is packed: what the manifest names, and of node_modules what is needed to run. */
function fill() {
  const { devDependencies: _, ...manifest } = readJson('package.json');
  const named = manifest.files.map((path) => path.split('/')[0]);
  for (const path of new Set([...named, ...ALWAYS_PACKED, ...modules(manifest)])) {
    cpSync(join(ROOT, path), join(stage, path), { recursive: true });
  }
  writeFileSync(join(stage, 'package.json'), JSON.stringify({ ...manifest, bundleDependencies: true }, undefined, 2));
}

/** Without those whose install script is denied: they are never used, and every install would ask about them. */
function modules({ allowScripts }) {
  const { packages } = readJson('package-lock.json');
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => allowScripts[path.slice('node_modules/'.length)] !== false && existsSync(join(ROOT, path)));
}

function readJson(name) {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
}

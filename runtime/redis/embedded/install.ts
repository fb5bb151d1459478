import { spawn } from 'node:child_process';
import { RedisProblem } from '../problem.ts';
import { findProgram, findServer, type ServerProgram } from './executable.ts';

/** Says one line to whoever is watching. */
export type Say = (line: string) => void;

/** How a package manager gets a Redis server: commands in order, each a program and its arguments. */
interface Recipe {
  readonly manager: string;
  readonly commands: readonly (readonly string[])[];
  /** Whether it must run as root. */
  readonly asRoot: boolean;
}

const APT = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=60'];
const RECIPES: readonly Recipe[] = [
  {
    manager: 'apt-get',
    commands: [
      [...APT, 'update'],
      [...APT, 'install', '-y', '--no-install-recommends', 'redis-tools'],
    ],
    asRoot: true,
  },
  { manager: 'dnf', commands: [['dnf', 'install', '-y', 'redis']], asRoot: true },
  { manager: 'yum', commands: [['yum', 'install', '-y', 'redis']], asRoot: true },
  { manager: 'apk', commands: [['apk', 'add', '--no-cache', 'redis']], asRoot: true },
  { manager: 'pacman', commands: [['pacman', '-Sy', '--noconfirm', 'valkey']], asRoot: true },
  { manager: 'zypper', commands: [['zypper', '--non-interactive', 'install', 'redis']], asRoot: true },
  { manager: 'brew', commands: [['brew', 'install', 'redis']], asRoot: false },
];
const INSTALL_TIMEOUT_MS = 300_000;
/** What only a program needs to say to a package manager: left out of the line that a person is told to run. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(APT.filter((word) => word !== 'apt-get'));

/** The server of this machine; installs it when it is missing and may be, saying so; else a `RedisProblem`. */
export async function findOrInstallServer(
  options: { readonly searchPath: readonly string[]; readonly mayInstall: boolean },
  say: Say,
): Promise<ServerProgram> {
  const found = findServer(options.searchPath);
  if (found !== undefined) return found;
  const recipe = recipeFor(options.searchPath);
  const rights = recipe === undefined || !options.mayInstall ? undefined : await rightsFor(recipe);
  if (recipe === undefined || rights === undefined) throw new RedisProblem(missing(recipe, options.mayInstall));
  say(`no redis-server on this machine: installing it with ${recipe.manager}`);
  for (const command of recipe.commands) await installStep([...rights, ...command], recipe);
  const installed = findServer(options.searchPath);
  if (installed === undefined) throw new RedisProblem(missing(recipe, options.mayInstall));
  say(`installed ${installed.path}`);
  return installed;
}

/** The recipe of the first package manager there is, its commands naming the program that was found. */
function recipeFor(searchPath: readonly string[]): Recipe | undefined {
  for (const recipe of RECIPES) {
    const path = findProgram(recipe.manager, searchPath);
    if (path === undefined) continue;
    const named = recipe.commands.map((command) => command.map((word) => (word === recipe.manager ? path : word)));
    return { ...recipe, commands: named };
  }
  return undefined;
}

function lineOf(recipe: Recipe | undefined): string {
  if (recipe === undefined) return 'install Redis 7 from https://redis.io/docs/latest/operate/oss_and_stack/install/';
  const plain = recipe.commands.map((command) => command.filter((word) => !FOR_PROGRAMS.has(word)));
  return plain.map((command) => (recipe.asRoot ? ['sudo', ...command] : command).join(' ')).join(' && ');
}

function missing(recipe: Recipe | undefined, mayInstall: boolean): string {
  const why = mayInstall ? 'and no right to install one' : 'and PORTCULLIS_NO_INSTALL forbids to install one';
  return (
    `expected a redis-server (7.0 or newer) on this machine, got none ${why}. ` +
    `Run: ${lineOf(recipe)}   or set REDIS_URL to a Redis of yours`
  );
}

/** What must stand before a command so that it may install: nothing, or sudo without a password; `undefined`: it may not. */
async function rightsFor(recipe: Recipe): Promise<readonly string[] | undefined> {
  if (!recipe.asRoot || process.getuid?.() === 0) return [];
  return (await run(['sudo', '-n', 'true'])).code === 0 ? ['sudo', '-n'] : undefined;
}

async function installStep(command: readonly string[], recipe: Recipe): Promise<void> {
  const { code, output } = await run(command);
  if (code === 0) return;
  throw new RedisProblem(
    `${command.join(' ')} failed (${code === null ? 'stopped' : `exit code ${code}`}): ${output.trim().slice(-600)}\n` +
      `Run: ${lineOf(recipe)}   or set REDIS_URL to a Redis of yours`,
  );
}

function run(command: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: INSTALL_TIMEOUT_MS });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

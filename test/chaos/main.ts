import { faults } from './faults/index.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { alone, mixOf, type Plan, type Report, run } from './run.ts';

const FINDINGS_SHOWN = 12;

/** Runs what the command line asks for, one line a run, and says how many passed and failed; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let plans: readonly Plan[];
  let options: Options;
  try {
    options = readOptions(args);
    plans = plansOf(options);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(`${USAGE}\nfaults: ${faults.map(({ name }) => name).join(', ')}\n`);
    return 0;
  }
  const failed = await failuresOf(plans, options.jobs);
  process.stdout.write(`\n${plans.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

/** Runs all, up to `jobs` at the same time; resolves with how many failed. */
async function failuresOf(plans: readonly Plan[], jobs: number): Promise<number> {
  const left = [...plans];
  const startedMs = Date.now();
  let done = 0;
  let failed = 0;
  const work = async () => {
    for (let plan = left.shift(); plan !== undefined; plan = left.shift()) {
      const report = await run(plan);
      if (report.findings.length > 0) failed += 1;
      done += 1;
      process.stdout.write(`${progress(done, plans.length, Date.now() - startedMs)} ${linesOf(plan, report)}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return failed;
}

/** How many runs of all are done, and how long they took: `12/48  2:05`. */
function progress(done: number, all: number, tookMs: number): string {
  const seconds = Math.round(tookMs / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return `${String(done).padStart(String(all).length)}/${all} ${clock.padStart(6)} `;
}

function plansOf({ alone: each, only, seeds, long }: Options): readonly Plan[] {
  const unknown = only.find((name) => !faults.some((fault) => fault.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only: expected one of ${faults.map(({ name }) => name).join(', ')}, got ${unknown}`);
  }
  const chosen = each ? faults.filter(({ name }) => only.length === 0 || only.includes(name)) : [];
  return [...chosen.map((fault) => alone(fault, long)), ...seeds.map((seed) => mixOf(seed, long))];
}

function linesOf({ name, seed, together }: Plan, { findings, outcomes, tookMs, folder }: Report): string {
  const about = `${name} (seed ${seed}, ${outcomes} decisions, ${(tookMs / 1000).toFixed(1)} s)`;
  if (findings.length === 0) return `ok      ${about}\n`;
  const shown = findings.slice(0, FINDINGS_SHOWN).map((finding) => `          ${finding}\n`);
  const rest = findings.length > FINDINGS_SHOWN ? `          … and ${findings.length - FINDINGS_SHOWN} more\n` : '';
  const again = together ? `--seed ${seed}` : `--only ${name}`;
  return `FAILED  ${about}\n${shown.join('')}${rest}          again: npm run test:chaos -- ${again}; logs: ${folder}\n`;
}

process.exitCode = await main(process.argv.slice(2));

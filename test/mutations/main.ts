import { parseArgs } from 'node:util';
import { commitMutations } from './commit.ts';
import { gateMutations } from './gates.ts';
import { laneMutations } from './lane.ts';
import { lossLimitMutations } from './loss-limits.ts';
import type { Mutation } from './mutation.ts';
import { orderLimitMutations } from './order-limits.ts';
import { MutantTree } from './tree.ts';

/**
 * Breaks one promise of the engine or the gates at a time in a copy of the tree, and runs the test that holds it. A
 * mutation is killed when that very test fails; it passes on the tree as it is, or nothing is said by its failing.
 */
const all: readonly Mutation[] = [
  ...commitMutations,
  ...laneMutations,
  ...gateMutations,
  ...orderLimitMutations,
  ...lossLimitMutations,
];

const HELP = `usage: npm run mutations -- [options]

  --only TEXT   the mutations that break a promise with this text in it
  --jobs N      copies of the tree that are worked at once (2)

Breaks one promise at a time, and runs the test that holds it. Ends with a line "N killed, N survived", and 1 where one
survived. Ctrl-C leaves the tree as it is: copies are broken.`;

const { values } = options();
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const chosen = all.filter(({ breaks }) => values.only === undefined || breaks.includes(values.only));
const killed: string[] = [];
const survived: string[] = [];

const trees = Array.from({ length: Number(values.jobs) }, () => MutantTree.copy());
try {
  await expectToHold(trees[0] as MutantTree);
  const left = [...chosen];
  await Promise.all(trees.map((tree) => work(tree, left)));
} finally {
  for (const tree of trees) tree.remove();
}
console.log(`\n${killed.length} killed, ${survived.length} survived`);
process.exitCode = survived.length === 0 && killed.length > 0 ? 0 : 1;

function options() {
  try {
    return parseArgs({
      options: { only: { type: 'string' }, jobs: { type: 'string', default: '2' }, help: { type: 'boolean' } },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
}

/** On the tree as it is each of the tests is there and passes. */
async function expectToHold(tree: MutantTree): Promise<void> {
  const passed = (await tree.outcomes([...new Set(chosen.map(({ test }) => test))]))
    .filter(({ status }) => status === 'passed')
    .map(({ fullName }) => fullName);
  const missing = chosen.filter(({ dies }) => !passed.some((name) => name.includes(dies)));
  if (missing.length === 0) return;
  const names = missing.map(({ test, dies }) => `${test}: ${dies}`).join('\n');
  throw new Error(`expected these tests to pass on the tree as it is:\n${names}`);
}

async function work(tree: MutantTree, left: Mutation[]): Promise<void> {
  for (let mutation = left.shift(); mutation !== undefined; mutation = left.shift()) {
    const { breaks, test, dies } = mutation;
    const outcomes = await tree.mutated(mutation, () => tree.outcomes([test], dies));
    const isKilled = outcomes.some(({ fullName, status }) => status === 'failed' && fullName.includes(dies));
    (isKilled ? killed : survived).push(breaks);
    console.log(`${isKilled ? 'killed  ' : 'SURVIVED'}  ${breaks}\n          ${test}: ${dies}`);
  }
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { HandlerNotWhole, loadHandlers } from '../../../../runtime/engine/host/load-handlers.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A handlers folder of these files; a value is the source of the default export. */
function folderOf(files: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-handlers-'));
  folders.push(folder);
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
  return pathToFileURL(`${folder}/`);
}

const PARTS: Readonly<Record<string, string>> = {
  name: `'gate'`,
  gate: `'gate'`,
  summary: `'Judges.'`,
  on: `{ kind: 'stream', stream: 's', group: 'g' }`,
  message: `{ safeParse() {} }`,
  settings: `{ safeParse() {} }`,
  settingNames: `['A_SEC']`,
  metrics: `[]`,
  reads: `() => ({})`,
  handle: `() => ({ effects: [] })`,
  onFailure: `() => ({ effects: [] })`,
};

/** The source of one listener of its own. */
function listener(different: object): string {
  const whole = {
    role: 'a',
    setting: 'A_PORT',
    port: 8099,
    serves: ['metrics'],
    sign: { path: '/metrics', text: 'a_' },
  };
  return JSON.stringify([{ ...whole, ...different }]);
}

/** The source of one lookup. */
function lookup(different: object): string {
  return JSON.stringify([{ key: 'a:{plan_id}', kind: 'hash', holds: 'What it said', keptFor: 'A_SEC', ...different }]);
}

const OTHER = `{ kind: 'stream', stream: 'other', group: 'g' }`;
const OUTPUT = `{ name: 'out.a', fields: { verdict: 'What it said' } }`;
const MODES = `{ settings: [], values: ['shadow', 'enforce'], initial: 'shadow', resting: 'shadow', enforcing: 'enforce', silent: ['shadow'], words: { shadow: 'Shows.', enforce: 'Refuses.' } }`;

function gateSource(different: Readonly<Record<string, string | undefined>> = {}): string {
  const parts = Object.entries({ ...PARTS, ...different }).filter(([, source]) => source !== undefined);
  return `export default { ${parts.map(([part, source]) => `${part}: ${source}`).join(', ')} };`;
}

test('handlers are the files and the folders with an index, in order of their names; common is none', async () => {
  const folder = folderOf({
    'zeta.ts': gateSource({ name: `'zeta'`, on: OTHER }),
    'alpha/index.ts': gateSource({ name: `'alpha'` }),
    'alpha/judge.ts': 'export const part = 1;',
    'common/handler.ts': 'export const shared = 1;',
    'notes.md': 'no handler',
  });
  expect((await loadHandlers(folder)).map(({ name }) => name)).toEqual(['alpha', 'zeta']);
});

test('the handlers of this tree are whole', async () => {
  const names = (await loadHandlers()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['heat-bridge', 'heat-gate', 'heat-monitor', 'risk-governor']));
});

test.each<[string, string, string]>([
  ['no default export', 'export const x = 1;', 'expected a default export made by defineHandler, got none'],
  [
    'another name than its file',
    gateSource({ name: `'other'` }),
    'expected the name "gate", that of the file, got "other"',
  ],
  ['an output twice', gateSource({ outputs: `[${OUTPUT}, ${OUTPUT}]` }), 'expected each output once, got out.a twice'],
  [
    'a field without a word',
    gateSource({ outputs: `[{ ...${OUTPUT}, fields: { verdict: ' ' } }]` }),
    'expected a word for the field verdict of out.a, got none',
  ],
  [
    'an input without words',
    gateSource({ input: `{ summary: 'In', fields: { plan_id: '' } }` }),
    'expected a word for the field plan_id of input, got none',
  ],
  [
    'outputs that keep nothing',
    gateSource({ outputs: `[{ ...${OUTPUT}, keep: 0 }]` }),
    'expected out.a to keep a whole number of entries, got 0',
  ],
  [
    'a mode that nobody enforces',
    gateSource({ modes: `{ ...${MODES}, enforcing: 'strict' }` }),
    'expected its enforcing mode to be one of shadow, enforce, got strict',
  ],
  [
    'a mode that enforces in silence',
    gateSource({ modes: `{ ...${MODES}, silent: ['enforce'] }` }),
    'expected a mode that enforces, got enforce, which is silent',
  ],
  [
    'a mode without a word',
    gateSource({ modes: `{ ...${MODES}, words: { shadow: 'Shows.' } }` }),
    'expected a word for the mode enforce, got none',
  ],
  ['a reason without words', gateSource({ reasons: `{ ok: '' }` }), 'expected words for the reason ok, got none'],
  ['words that are no words', gateSource({ reasons: `{ ok: 7 }` }), 'expected words for the reason ok, got none'],
  ['a reading that is none', gateSource({ reading: `'x'` }), 'expected reading to be a function, got string'],
  ['a use that nobody proves', gateSource({ usedWhen: `'asked'` }), 'expected usedWhen to be one of exits_softened'],
  ['decides that says yes', gateSource({ decides: 'true' }), 'expected decides to be false or left out, got true'],
  [
    'hashes without a name',
    gateSource({ writesInto: `['']` }),
    'expected writesInto to be beginnings of names, got [""]',
  ],
  [
    'a silence without a reason',
    gateSource({ whatIf: `{ silence: '' }` }),
    'expected whatIf.silence to be a reason, got ""',
  ],
  [
    'a claim that is none',
    gateSource({ whatIf: `{ claims: true }` }),
    'expected whatIf.claims to be a function, got boolean',
  ],
  [
    'half of what a size takes',
    gateSource({ whatIf: `{ size: { isAsked: () => true, passes: () => true } }` }),
    'expected whatIf.size.priceUsd to be a function, got undefined',
  ],
  [
    'the role of all',
    gateSource({ listeners: listener({ role: 'http' }) }),
    'expected a listener to have a role of its own',
  ],
  [
    'a port without a setting',
    gateSource({ listeners: listener({ setting: 'port' }) }),
    'a name that ends in _PORT, got "port"',
  ],
  ['no port', gateSource({ listeners: listener({ port: 0 }) }), 'to have a port from 1 to 65535, got 0'],
  [
    'a port of nothing',
    gateSource({ listeners: listener({ serves: [] }) }),
    'to serve some of metrics, health, budgets, got []',
  ],
  ['a port of something', gateSource({ listeners: listener({ serves: ['pages'] }) }), 'health, budgets, got "pages"'],
  ['a port without a sign', gateSource({ listeners: listener({ sign: {} }) }), 'to have a sign, got {}'],
  [
    'a lookup by nothing',
    gateSource({ lookups: lookup({ key: 'a:b' }) }),
    'expected a lookup by {plan_id} or {symbol}, got "a:b"',
  ],
  [
    'a lookup of another kind',
    gateSource({ lookups: lookup({ kind: 'set' }) }),
    'expected a:{plan_id} to be a hash or a string, got set',
  ],
  [
    'a lookup without a life',
    gateSource({ lookups: lookup({ keptFor: 'B_SEC' }) }),
    'expected a setting that says how long a:{plan_id} is kept, got B_SEC',
  ],
  [
    'a lookup without a word',
    gateSource({ lookups: lookup({ holds: '' }) }),
    'expected a word for the lookup a:{plan_id}, got none',
  ],
  ['no gate', gateSource({ gate: undefined }), 'expected gate to be text, got undefined'],
  ['an empty summary', gateSource({ summary: `''` }), 'expected summary to be text, got string'],
  ['no handle', gateSource({ handle: undefined }), 'expected handle to be a function, got undefined'],
  ['reads that are no function', gateSource({ reads: `{}` }), 'expected reads to be a function, got object'],
  ['no fail policy', gateSource({ onFailure: undefined }), 'expected onFailure to be a function, got undefined'],
  ['a message that is no schema', gateSource({ message: `{}` }), 'expected message to be a zod schema, got object'],
  ['no settings', gateSource({ settings: undefined }), 'expected settings to be a zod schema, got undefined'],
  ['no list of metrics', gateSource({ metrics: `{}` }), 'expected metrics to be a list, got object'],
  ['no setting names', gateSource({ settingNames: undefined }), 'expected settingNames to be a list, got undefined'],
  [
    'no source',
    gateSource({ on: undefined }),
    'expected on to be stream(), every(), after() or watch(), got undefined',
  ],
  ['an unknown source', gateSource({ on: `{ kind: 'webhook' }` }), 'got webhook'],
])('a handler with %s stops the start and is named', async (_what, source, problem) => {
  const loading = loadHandlers(folderOf({ 'gate.ts': source }));
  await expect(loading).rejects.toThrow(HandlerNotWhole);
  await expect(loading).rejects.toThrow(`handlers/gate.ts: `);
  await expect(loading).rejects.toThrow(problem);
});

test('two gates that want one port stop the start, and both are named', async () => {
  const folder = folderOf({
    'alpha.ts': gateSource({ name: `'alpha'`, listeners: listener({}) }),
    'beta.ts': gateSource({ name: `'beta'`, on: OTHER, listeners: listener({ role: 'b', setting: 'B_PORT' }) }),
  });
  await expect(loadHandlers(folder)).rejects.toThrow('expected the port 8099 once, got it by alpha and by beta');
});

test('two gates that read a stream as one group stop the start, and both are named', async () => {
  const on = `{ kind: 'stream', stream: 'in.a', group: 'g' }`;
  const folder = folderOf({
    'alpha.ts': gateSource({ name: `'alpha'`, on }),
    'beta.ts': gateSource({ name: `'beta'`, on }),
  });
  await expect(loadHandlers(folder)).rejects.toThrow(
    'expected one handler to read in.a in the group g, got alpha and beta',
  );
});

test('two gates that declare the same stream stop the start, and both are named', async () => {
  const folder = folderOf({
    'alpha.ts': gateSource({ name: `'alpha'`, outputs: `[${OUTPUT}]` }),
    'beta.ts': gateSource({ name: `'beta'`, on: OTHER, outputs: `[${OUTPUT}]` }),
  });
  await expect(loadHandlers(folder)).rejects.toThrow(
    'expected one declaration of the stream out.a, got one by alpha and another by beta',
  );
});

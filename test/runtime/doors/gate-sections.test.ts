import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyHandler, defineHandler, stream } from '../../../handlers/contract/handler.ts';
import { asyncApiDocument } from '../../../runtime/doors/api-docs/asyncapi.ts';
import { withGateSections } from '../../../runtime/doors/api-docs/gate-sections.ts';
import { openApiDocument } from '../../../runtime/doors/http/openapi.ts';
import { operatingRoutes } from '../../../runtime/doors/http/routes.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { numberSetting } from '../../../schemas/setting.ts';

const PAGE = readFileSync(new URL('../../../docs/contract.md', import.meta.url), 'utf8');
const ours = await loadHandlers();

const Message = z.object({ plan_id: z.string() });
const limit = numberSetting(0, 100, 7);

/** A gate beyond those of the contract, with one setting of these words. */
function gate(different: Partial<AnyHandler> = {}, words = 'most | of all'): AnyHandler {
  return {
    ...(defineHandler({
      name: 'size-gate',
      gate: 'size-gate',
      summary: 'Refuses what is large.',
      on: stream('size.asked', { group: 'size', overrides: { stream: 'SIZE_IN' } }),
      message: Message,
      settings: z.object({ SIZE_MAX: words === '' ? limit : limit.describe(words) }),
      settingNames: ['SIZE_MAX', 'SIZE_MODE'],
      policySettings: ['SIZE_MAX'],
      modes: {
        settings: ['SIZE_MODE'],
        values: ['shadow', 'enforce'],
        initial: 'shadow',
        resting: 'shadow',
        enforcing: 'enforce',
        silent: ['shadow'],
        words: { shadow: 'It says.', enforce: 'It refuses.' },
      },
      input: { summary: 'Sizes', writers: 'Strategies', readers: '', fields: { plan_id: 'Id', 'size?': 'Size' } },
      outputs: [
        {
          direction: 'out',
          name: 'size.said',
          summary: 'Answers',
          writers: 'It',
          readers: 'All',
          fields: { a: 'What' },
        },
      ],
      metrics: [
        { name: 'size_total', type: 'counter', help: 'Judged', labels: ['how'], initial: [{ how: 'x' }, { how: 'y' }] },
      ],
      reads: () => ({}),
      handle: () => ({ effects: [] }),
      onFailure: () => ({ effects: [] }),
    }) as unknown as AnyHandler),
    ...different,
  };
}

test('a gate that the page has no section of gets one, from what it declares', () => {
  const page = withGateSections(PAGE, [...ours, gate()]);
  expect(page.slice(page.indexOf('### size-gate'))).toBe(`### size-gate

Refuses what is large.

**Input**: \`quantum:stream:size.asked\`, group \`size\`. Sizes. Written by: Strategies.

| field | value |
|---|---|
| \`plan_id\` | Id |
| \`size\` | Size; may be left out |

**Output**: \`quantum:stream:size.said\`. Answers. Written by: It. Read by: All.

| field | value |
|---|---|
| \`a\` | What |

| mode | meaning |
|---|---|
| \`shadow\` | It says. |
| \`enforce\` | It refuses. |

| setting | default | meaning |
|---|---|---|
| \`SIZE_MODE\` | \`shadow\` | \`shadow\` or \`enforce\` |
| \`SIZE_IN\` | \`quantum:stream:size.asked\` | whole name of the stream to read |
| \`SIZE_MAX\` | 7 | most &#124; of all |

A policy may set \`SIZE_MAX\`.

| metric | type | labels | meaning |
|---|---|---|---|
| \`size_total\` | counter | \`how\` (\`x\`, \`y\`) | Judged |

<!-- end -->
`);
});

test('it is written again to the same, and is gone with its gate', () => {
  const page = withGateSections(PAGE, [...ours, gate()]);
  expect(withGateSections(page, [...ours, gate()])).toBe(page);
  expect(withGateSections(page, ours)).toBe(PAGE);
});

test('what a gate shares with those of the page stands there once', () => {
  const shared = ours.find(({ name }) => name === 'heat-gate');
  const { outputs = [], metrics = [] } = shared ?? {};
  const page = withGateSections(PAGE, [...ours, gate({ outputs, metrics, settingNames: ['HEAT_MIN', 'SIZE_MAX'] })]);
  const section = page.slice(page.indexOf('### size-gate'));
  expect(section).not.toMatch(/HEAT_MIN|p26_|\*\*Output/);
  expect(section).toContain('SIZE_MAX');
});

test('what two gates share stands with the first', () => {
  const page = withGateSections(PAGE, [...ours, gate(), gate({ name: 'size-gate-too', gate: 'size-gate-too' })]);
  expect(page.match(/^### size-gate/gm)).toHaveLength(2);
  for (const row of ['SIZE_MAX', 'SIZE_MODE', 'size_total']) expect(page.split(`| \`${row}\` |`)).toHaveLength(2);
});

test.each([
  ['a setting without words', gate({}, ''), 'size-gate: expected words for the setting SIZE_MAX'],
  ['an input that nobody says anything of', withoutInput(), 'size-gate: expected words for size.asked'],
])('%s is refused', (_what, odd, said) => {
  expect(() => withGateSections(PAGE, [...ours, odd])).toThrow(said);
});

function withoutInput(): AnyHandler {
  const { input: _input, ...rest } = gate();
  return rest;
}

test('a page without its markers is refused', () => {
  expect(() => withGateSections(PAGE.replace('<!-- end -->', ''), ours)).toThrow('expected the markers');
});

test('the documents of routes and streams have it too', () => {
  const handlers = [...ours, gate()];
  expect(asyncApiDocument(handlers).channels).toMatchObject({
    size_asked: { address: '{prefix}:stream:size.asked' },
    size_said: { address: '{prefix}:stream:size.said' },
  });
  const { paths } = openApiDocument(operatingRoutes, handlers) as unknown as {
    paths: Record<string, { get: unknown; post: unknown }>;
  };
  for (const route of ['/v1/mode', '/v1/activate', '/v1/rollback']) {
    expect(JSON.stringify(paths[route]?.post), route).toContain('"size-gate"');
  }
  for (const route of ['/v1/activation', '/v1/policies/{gate}']) {
    expect(JSON.stringify(paths[route]?.get), route).toContain('"size-gate"');
  }
});

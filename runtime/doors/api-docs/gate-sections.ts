import { z } from 'zod';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import { describedStreams, inOrder, outputsOf } from '../../../handlers/contract/streams.ts';
import type { DescribedStream } from '../../../schemas/api/streams/described.ts';
import { alternatives } from '../../../schemas/setting.ts';
import { DEFAULT_PREFIX, portfolioOf } from '../../settings/portfolio.ts';

/** What stands between the markers of a page; the first names the gates that have a section by hand. */
const BLOCK = /^(<!-- gates but (.+): written by npm run docs -->\n).*?^(<!-- end -->)$/ms;
const { streamKey, key: portfolioKey } = portfolioOf(DEFAULT_PREFIX);

/**
 * The text of a page with the sections between its markers as they ought to be: of every gate that has none by hand, what
 * its handlers declare. Throws where a declaration lacks the words for that.
 */
export function withGateSections(page: string, handlers: readonly AnyHandler[]): string {
  const byHand = BLOCK.exec(page)?.[2]?.split(', ');
  if (byHand === undefined) throw new Error('docs/contract.md: expected the markers of the written gates, got none');
  const gates = [...new Set(inOrder(handlers).map(({ gate }) => gate))].filter((gate) => !byHand.includes(gate));
  const sections = gates.map((gate, at) => {
    const before = [...byHand, ...gates.slice(0, at)];
    return sectionOf(
      gate,
      handlers,
      handlers.filter((handler) => before.includes(handler.gate)),
    );
  });
  const text = sections.length === 0 ? 'None.' : sections.join('\n\n');
  return page.replace(BLOCK, (_all, start: string, _gates, end: string) => `${start}\n${text}\n\n${end}`);
}

/** The section of a gate, without what the others that stand before it say already. */
function sectionOf(gate: string, handlers: readonly AnyHandler[], others: readonly AnyHandler[]): string {
  const own = inOrder(handlers.filter((handler) => handler.gate === gate));
  const described = new Map(describedStreams(handlers).map((stream) => [stream.name, stream]));
  const known = new Set(outputsOf(others).map(({ name }) => name));
  return [
    `### ${gate}`,
    ...own.map(({ name, summary }) => (name === gate ? summary : `\`${name}\`: ${summary}`)),
    ...own.flatMap((handler) => inputOf(handler, described)),
    ...outputsOf(own).flatMap((stream) => (known.has(stream.name) ? [] : outputOf(stream))),
    ...some(['key', 'type', 'kept for', 'holds'], lookupRows(own)),
    ...own
      .flatMap(({ modes }) => (modes === undefined ? [] : [table(['mode', 'meaning'], modeRows(modes))]))
      .slice(0, 1),
    ...some(['setting', 'default', 'meaning'], settingRows(own, others)),
    ...limitsOf(own),
    ...some(['metric', 'type', 'labels', 'meaning'], metricRows(own, others)),
  ].join('\n\n');
}

function inputOf({ name, on, input }: AnyHandler, described: ReadonlyMap<string, DescribedStream>): readonly string[] {
  if (on.kind !== 'stream' || input?.internal === true) return [];
  const head = `**Input**: \`${streamKey(on.stream)}\`, group \`${on.group}\``;
  if (input !== undefined) return [`${head}. ${aboutStream(input)}`, fieldTable(input)];
  if (described.has(on.stream)) return [`${head}.`];
  throw new Error(`${name}: expected words for ${on.stream}, which it reads, in \`input\`, got none`);
}

function outputOf(stream: DescribedStream): readonly string[] {
  return [`**Output**: \`${streamKey(stream.name)}\`. ${aboutStream(stream)}`, fieldTable(stream)];
}

function aboutStream({ summary, writers, readers, more }: Omit<DescribedStream, 'name' | 'direction'>): string {
  return [
    `${summary}.`,
    `Written by: ${writers}.`,
    ...(readers === '' ? [] : [`Read by: ${readers}.`]),
    ...(more === true ? ['Other fields are allowed.'] : []),
  ].join(' ');
}

function fieldTable({ fields }: Pick<DescribedStream, 'fields'>): string {
  const rows = Object.entries(fields).map(([name, words]) => {
    const optional = name.endsWith('?');
    return [`\`${name.replace(/\?$/, '')}\``, optional ? `${words}; may be left out` : words];
  });
  return table(['field', 'value'], rows);
}

function lookupRows(own: readonly AnyHandler[]): string[][] {
  return own.flatMap(({ lookups = [] }) =>
    lookups.map(({ key, kind, keptFor, holds }) => [`\`${portfolioKey(key)}\``, kind, `\`${keptFor}\``, holds]),
  );
}

function modeRows({ values, words }: NonNullable<AnyHandler['modes']>): string[][] {
  return values.map((mode) => [`\`${mode}\``, words[mode] ?? '']);
}

/** The settings that no gate before it has: of modes and names what they are, of others what their schema says. */
function settingRows(own: readonly AnyHandler[], others: readonly AnyHandler[]): string[][] {
  const known = new Set(others.flatMap((handler) => [...handler.settingNames, ...(handler.modes?.settings ?? [])]));
  const rows = own.flatMap((handler) => [
    ...modeSettings(handler),
    ...renamingSettings(handler),
    ...ownSettings(handler, known),
  ]);
  const byName = new Map(rows.toReversed().map((row) => [row[0], row]));
  return [...byName.values()]
    .toReversed()
    .filter(([name]) => !known.has(name ?? ''))
    .map(([name, ...rest]) => [`\`${name}\``, ...rest]);
}

function modeSettings({ modes }: AnyHandler): string[][] {
  const meaning = alternatives(modes?.values.map((mode) => `\`${mode}\``) ?? []);
  return modes?.settings.map((name) => [name, `\`${modes.initial}\``, meaning]) ?? [];
}

function renamingSettings({ on }: AnyHandler): string[][] {
  if (on.kind !== 'stream') return [];
  const { stream, group, consumer } = on.overrides ?? {};
  return [
    ...(stream === undefined ? [] : [[stream, `\`${streamKey(on.stream)}\``, 'whole name of the stream to read']]),
    ...(group === undefined ? [] : [[group, `\`${on.group}\``, 'its consumer group']]),
    ...(consumer === undefined ? [] : [[consumer, "the worker's name", 'consumer name in the group']]),
  ];
}

function ownSettings(
  { name: handler, settings, settingNames, modes }: AnyHandler,
  known: ReadonlySet<string>,
): string[][] {
  const { properties = {} } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });
  const initial = settings.parse({}) as Readonly<Record<string, unknown>>;
  return settingNames
    .filter((name) => !known.has(name) && modes?.settings.includes(name) !== true)
    .map((name) => {
      const said = properties[name];
      const words = typeof said === 'object' ? (said.description ?? '').trim() : '';
      if (words !== '') return [name, defaultOf(initial[name]), words];
      throw new Error(`${handler}: expected words for the setting ${name} (.describe('…') in its schema), got none`);
    });
}

function defaultOf(value: unknown): string {
  if (value === undefined || value === '') return '';
  return typeof value === 'number' ? String(value) : `\`${Array.isArray(value) ? value.join(',') : String(value)}\``;
}

function limitsOf(own: readonly AnyHandler[]): readonly string[] {
  const limits = [...new Set(own.flatMap(({ policySettings = [] }) => policySettings))];
  return limits.length === 0 ? [] : [`A policy may set ${limits.map((name) => `\`${name}\``).join(' ')}.`];
}

function metricRows(own: readonly AnyHandler[], others: readonly AnyHandler[]): string[][] {
  const known = new Set(others.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  const specs = new Map(own.flatMap(({ metrics }) => metrics.map((spec) => [spec.name, spec] as const)));
  return [...specs.values()]
    .filter(({ name }) => !known.has(name))
    .map((spec) => [`\`${spec.name}\``, spec.type, labelsOf(spec), spec.help]);
}

function labelsOf({ labels = [], initial = [] }: MetricSpec): string {
  return labels
    .map((label) => {
      const values = [...new Set(initial.flatMap((set) => set[label] ?? []))].map((value) => `\`${value}\``);
      return values.length === 0 ? `\`${label}\`` : `\`${label}\` (${values.join(', ')})`;
    })
    .join(', ');
}

function some(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : [table(head, rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => lineOf(row.map((cell) => cell.replaceAll('|', '&#124;').replaceAll(/\s+/g, ' '))));
  return [lineOf(head), `|${'---|'.repeat(head.length)}`, ...lines].join('\n');
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ');
}

type Members = Readonly<Record<string, unknown>>;

/** What the armed state is called in the ledger, and what it means. */
const ARMED: Readonly<Record<string, string>> = { '1': 'armed', '0': 'disarmed' };

/** What a change of the ledger made of what, in words: of records each member that differs, a line each. */
export function differenceWords(action: string, before: string, after: string): readonly string[] {
  if (before === '' && after === '') return [];
  const [was, is] = [recordOf(before), recordOf(after)];
  if (was === undefined || is === undefined) return [`${plain(action, before)} → ${plain(action, after)}`];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  const changed = names.filter((name) => text(was[name]) !== text(is[name]));
  if (changed.length === 0) return ['nothing is different'];
  return changed.map((name) => {
    if (!(name in was)) return `${name} set to ${text(is[name])}`;
    return name in is ? `${name} ${text(was[name])} → ${text(is[name])}` : `${name} no longer ${text(was[name])}`;
  });
}

/** The members of a JSON object, those of objects in it by their path; empty text is an empty one, other text none. */
function recordOf(json: string): Members | undefined {
  if (json === '') return {};
  if (!json.startsWith('{')) return undefined;
  try {
    return Object.fromEntries(membersOf(JSON.parse(json) as Members, ''));
  } catch {
    return undefined;
  }
}

function membersOf(record: Members, path: string): (readonly [string, unknown])[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? membersOf(value as Members, `${path}${name} `) : [[`${path}${name}`, value] as const];
  });
}

function plain(action: string, value: string): string {
  if (value === '') return '–';
  return /^(?:dis)?arm$/.test(action) ? (ARMED[value] ?? value) : value;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

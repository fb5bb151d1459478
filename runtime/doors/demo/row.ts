const NAME_WIDTH = 34;

/** One line of a section: a name, and cells in columns behind it. */
export function row(name: string, ...cells: string[]): string {
  return `  ${name.padEnd(NAME_WIDTH)}${cells.join(' ')}`.trimEnd();
}

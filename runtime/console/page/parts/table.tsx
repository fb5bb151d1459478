import type { ComponentChildren } from 'preact';

/** A column: its heading, and what stands there in a row. */
export interface Column<R> {
  readonly head: string;
  readonly cell: (row: R) => ComponentChildren;
  /** Whether figures stand in it, set to the right. */
  readonly isNumber?: boolean;
  /** Whether it is left out where there is little room. */
  readonly isWideOnly?: boolean;
}

/** Rows under headings; the first column names each row. */
export function Table<R>({ name, columns, rows, keyOf }: TableProps<R>) {
  const [first, ...others] = columns;
  return (
    <div class="scroll">
      <table aria-label={name}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" class={kindOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <th scope="row">{first?.cell(row)}</th>
              {others.map((column) => (
                <td key={column.head} class={kindOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TableProps<R> {
  readonly name: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
}

function kindOf<R>({ isNumber, isWideOnly }: Column<R>): string {
  return [isNumber === true ? 'number' : '', isWideOnly === true ? 'wide-only' : ''].join(' ').trim();
}

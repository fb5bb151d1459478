import type { ComponentChildren } from 'preact';
import { Scroll } from './scroll.tsx';

/** A heading and how its column looks. */
interface Heading {
  readonly head: string;
  /** Whether figures stand in it, set to the right. */
  readonly isNumber?: boolean;
  /** Whether it is left out where there is little room. */
  readonly isWideOnly?: boolean;
}

/** A column: its heading, and what stands there in a row. */
export interface Column<R> extends Heading {
  readonly cell: (row: R) => ComponentChildren;
}

/** The headings of a table's columns; a bare name is one of text. */
export function Head({ columns }: { readonly columns: readonly (Heading | string)[] }) {
  return (
    <thead>
      <tr>
        {columns
          .map((column) => (typeof column === 'string' ? { head: column } : column))
          .map((column) => (
            <th key={column.head} scope="col" class={kindOf(column)}>
              {column.head}
            </th>
          ))}
      </tr>
    </thead>
  );
}

/** The headings of columns of figures. */
export function figures(...heads: readonly string[]): readonly Heading[] {
  return heads.map((head) => ({ head, isNumber: true }));
}

/** Rows under headings; the first column names each row. */
export function Table<R>({ name, columns, rows, keyOf }: TableProps<R>) {
  const [first, ...others] = columns;
  return (
    <Scroll name={name}>
      <table aria-label={name}>
        <Head columns={columns} />
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
    </Scroll>
  );
}

interface TableProps<R> {
  readonly name: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
}

function kindOf({ isNumber, isWideOnly }: Heading): string {
  return [isNumber === true ? 'number' : '', isWideOnly === true ? 'wide-only' : ''].join(' ').trim();
}

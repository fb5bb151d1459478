import { escaped } from './escape.ts';
import type { ReportPage, Section, Table } from './page.ts';
import { cellBar, plotHtml } from './plots.ts';
import { STYLE } from './style.ts';

const POLICY = `default-src 'none'; style-src 'unsafe-inline'`;
/** A figure stands to the right: money, a share, a count, or the dash where there is none. */
const FIGURE = /^-?\$?[\d.,]+(?: %)?$|^-$/;

/** The page as one HTML file that needs nothing else: no script, nothing from elsewhere. */
export function htmlOf(page: ReportPage): string {
  const said = page.sentences.map((sentence) => `<p>${escaped(sentence)}</p>`).join('');
  const tiles = page.tiles.map(({ name, value, note }) => {
    return `<div><dt>${escaped(name)}</dt><dd><b>${escaped(value)}</b><small>${escaped(note)}</small></dd></div>`;
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    `<title>${escaped(page.title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escaped(page.title)}</h1><p class="about">${escaped(page.about)}</p>`,
    said === '' ? '' : `<div class="said">${said}</div>`,
    tiles.length === 0 ? '' : `<dl class="tiles">${tiles.join('')}</dl>`,
    ...page.sections.map(sectionHtml),
    '<footer>Made by Portcullis from its decision log. All times are UTC.</footer>',
    '</main></body></html>\n',
  ].join('\n');
}

function sectionHtml({ heading, text, plots, table }: Section): string {
  const said = text === '' ? '' : `<p class="text">${escaped(text)}</p>`;
  const rows = table === undefined ? '' : tableHtml(table, heading);
  return `<section><h2>${escaped(heading)}</h2>${said}${plots.map(plotHtml).join('')}${rows}</section>`;
}

/** A table in a box that scrolls, also by the keyboard, where the table is wider. */
function tableHtml({ head, rows, bars }: Table, heading: string): string {
  if (rows.length === 0) return '<p>None.</p>';
  const numbers = head.map((_name, at) => at > 0 && rows.every((cells) => FIGURE.test(cells[at] ?? '')));
  const cell = (tag: 'th' | 'td', at: number, text: string) =>
    `<${tag}${tag === 'th' ? ' scope="col"' : ''}${numbers[at] === true ? ' class="number"' : ''}>${escaped(text)}</${tag}>`;
  const headings = head.map((name, at) => cell('th', at, name)).join('');
  const body = rows.map((cells, row) => {
    const all = cells.map((text, at) => cell('td', at, text)).join('');
    const last = bars === undefined ? '' : `<td>${cellBar(bars[row] ?? 0, bars)}</td>`;
    return `<tr>${all}${last}</tr>`;
  });
  const last = bars === undefined ? '' : '<th aria-hidden="true"></th>';
  const words = head.length === 2 ? ' class="said-table"' : '';
  const rowsHtml = `<thead><tr>${headings}${last}</tr></thead><tbody>${body.join('')}</tbody>`;
  return `<div class="wide" role="group" tabindex="0" aria-label="${escaped(heading)}"><table${words}>${rowsHtml}</table></div>`;
}

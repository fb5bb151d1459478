import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { RUNBOOK } from '../../settings/project-files.ts';
import { underPressureToo } from './context.ts';

/** `GET /runbook`: what each alert means and what to do, for the links of alerts; the page has an anchor for each. */
export function registerRunbookRoute(app: FastifyInstance): void {
  app.get('/runbook', { config: underPressureToo }, async (_request, reply) => {
    const page = pageOf(await readFile(RUNBOOK, 'utf8'));
    return reply.type('text/html; charset=utf-8').send(page);
  });
}

/** The text as it is, with headings that a link finds. */
function pageOf(markdown: string): string {
  const lines = escaped(markdown)
    .split('\n')
    .map((line) => {
      const [, marks = '', title = ''] = /^(#{1,3}) (.*)$/.exec(line) ?? [];
      if (marks === '') return line;
      const level = `h${marks.length}`;
      return `</pre><${level} id="${anchorOf(title)}">${title}</${level}><pre>`;
    });
  const head =
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Runbook of Portcullis</title>';
  return `<!doctype html><html lang="en"><head>${head}</head><body><pre>${lines.join('\n')}</pre></body></html>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/ /g, '-');
}

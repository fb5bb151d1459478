import { expect, it } from 'vitest';
import { projectPaths, readFiles, type SourceFile } from './support/source-files.ts';

const paths = projectPaths();
const pages = readFiles(paths.filter((path) => path.endsWith('.md')));
const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page)]));

it('every link of a page leads to a file that is there, and to a heading of it', () => {
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.flatMap(broken)).toEqual([]);
});

it('the anchor of a heading is its text in lower case, without marks, with hyphens for spaces', () => {
  const text = '# Not `promised`\n\n```sh\n# no heading\n```\n\n## A, b & c_d\n\n## A, b & c_d\n';
  const page = { path: 'x.md', text, lines: text.split('\n') };
  expect([...anchorsOf(page)]).toEqual(['not-promised', 'a-b--c_d', 'a-b--c_d-1']);
  expect(linksOf({ ...page, lines: ['a [b](c.md#d) `[e](f.md)` ![g](h.png)', '```', '[i](j.md)', '```'] })).toEqual([
    { line: 1, target: 'c.md#d' },
    { line: 1, target: 'h.png' },
  ]);
});

function broken(page: SourceFile): readonly string[] {
  return linksOf(page).flatMap(({ line, target }) => {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page.path : new URL(file, `file:///${page.path}`).pathname.slice(1).replace(/\/$/, '');
    const isThere = paths.includes(path) || paths.some((other) => other.startsWith(`${path}/`));
    const isHeading = anchor === undefined || anchors.get(path)?.has(anchor) !== false;
    return isThere && isHeading ? [] : [`${page.path}:${line} ${target}`];
  });
}

/** The links of a page to files of the project, outside code. */
function linksOf(page: SourceFile): readonly { line: number; target: string }[] {
  return prose(page).flatMap((text, index) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => ({ line: index + 1, target: match[1] ?? '' }))
      .filter(({ target }) => !/^[a-z]+:/.test(target)),
  );
}

function anchorsOf(page: SourceFile): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = prose(page).flatMap((line) => /^#{1,6} (.*)$/.exec(line)?.[1] ?? []);
  return new Set(
    headings.map((heading) => {
      const slug = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/ /g, '-');
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}

/** The lines of a page, those inside fences empty. */
function prose(page: SourceFile): readonly string[] {
  let fenced = false;
  return page.lines.map((line) => {
    const isFence = line.startsWith('```');
    if (isFence) fenced = !fenced;
    return isFence || fenced ? '' : line;
  });
}

const NO_WORD = /[^\p{L}\p{N}]+/gu;

/** The words of a text in lower case, one blank between them and one at each end; the empty string when it has none. */
export function wordRun(text: string): string {
  const words = text.toLowerCase().replace(NO_WORD, ' ').trim();
  return words === '' ? '' : ` ${words} `;
}

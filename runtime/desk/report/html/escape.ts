const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is safe in HTML, in attributes too; control characters, which would be no HTML, are shown as replaced. */
export function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

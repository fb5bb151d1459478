/** Has the browser save a text as a file. */
export function saveText(name: string, text: string, type: string): void {
  const file = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = file;
  link.download = name;
  link.click();
  URL.revokeObjectURL(file);
}

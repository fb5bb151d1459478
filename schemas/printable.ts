/** Text from the wire without characters that would move the cursor or start another line. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}');
}

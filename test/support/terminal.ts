import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a command left on a terminal. */
export interface OnTerminal {
  readonly code: number;
  /** All that it wrote, standard error included, with `\n` at the ends of lines. */
  readonly text: string;
}

/** Runs a command line of a shell on a terminal of so many columns, with this environment alone. */
export async function onTerminal(
  command: string,
  columns: number,
  env: Readonly<Record<string, string>>,
): Promise<OnTerminal> {
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 40; ${command}`, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += String(chunk);
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, text: text.replaceAll('\r\n', '\n') };
}

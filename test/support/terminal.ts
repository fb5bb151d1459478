import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a command left on a terminal. */
export interface OnTerminal {
  readonly code: number;
  /** All that it wrote, standard error included, with `\n` at the ends of lines. */
  readonly text: string;
}

/** A terminal that a command runs on. */
export interface Terminal {
  /** All that is on it so far, as in `OnTerminal`. */
  text(): string;
  /** Types keys: `\n` is Enter, `\u0003` Ctrl-C. */
  type(keys: string): void;
  /** The end of the command. */
  readonly ended: Promise<OnTerminal>;
}

/** Opens a terminal of so many columns, on which a command line of a shell runs in this folder, with this environment alone. */
export function openTerminal(
  command: string,
  columns: number,
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Terminal {
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 40; ${command}`, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', ...env },
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let raw = '';
  child.stdout.on('data', (chunk: Buffer) => {
    raw += String(chunk);
  });
  const text = () => raw.replaceAll('\r\n', '\n');
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, text: text() }));
  return { text, type: (keys) => void child.stdin.write(keys), ended };
}

/** Runs a command line of a shell on a terminal on which nobody types. */
export async function onTerminal(
  command: string,
  columns: number,
  env: Readonly<Record<string, string>>,
): Promise<OnTerminal> {
  return await openTerminal(command, columns, env).ended;
}

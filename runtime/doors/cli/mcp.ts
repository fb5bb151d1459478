import type { Command } from 'commander';
import { cleanEnvironment } from '../../settings/environment.ts';
import { loadSettings } from '../../settings/load.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { wholeNumber } from './options.ts';
import { packageVersion } from './version.ts';

/** No other setting may keep an agent from the gates. */
const MCP_SETTINGS = ['MCP_URL', 'MCP_TOKEN', 'MCP_HTTP_TOKEN', 'MCP_ALLOW_KILL'] as const;
const LEAST_TOKEN = 16;

const HELP = `
For an AI agent that trades, or helps somebody who does. It asks for permits under the same limits as every other bot,
proposes exits, looks, and can tighten: reduce_only_on, pause itself. It can loosen nothing. Each call goes to the
running system over HTTP, with a token that is bound to one strategy.

Of the running system:  AGENT_TOKENS=scout:$SCOUT_TOKEN portcullis start
Of this command:
  MCP_TOKEN        the token of the agent: one of AGENT_TOKENS (required)
  MCP_URL          where the running system answers (http://127.0.0.1:8040)
  MCP_ALLOW_KILL   1 offers kill_on; the running system needs it too. A kill holds exits as well
  MCP_HTTP_TOKEN   with --http: what clients have to present, 16 characters or more

Standard output carries nothing but the protocol. A closed standard input and Ctrl-C end it.

Examples:
  $ MCP_TOKEN=$SCOUT_TOKEN portcullis mcp                                        for a client that starts it
  $ MCP_TOKEN=$SCOUT_TOKEN MCP_HTTP_TOKEN=$DOOR_TOKEN portcullis mcp --http 8041   at http://127.0.0.1:8041/mcp

In the settings of a client that starts programs (docs/mcp.md):
  {"mcpServers":{"portcullis":{"command":"portcullis","args":["mcp"],"env":{"MCP_TOKEN":"…"}}}}`;

/** `mcp`: a Model Context Protocol server for one agent. */
export function mcpCommand(program: Command, io: Io): void {
  program
    .command('mcp')
    .description('a Model Context Protocol server: an AI agent asks for permits, looks, and tightens')
    .option('--http <port>', 'answer on this port of 127.0.0.1 instead of on standard input', wholeNumber(0, 65_535))
    .addHelpText('after', HELP)
    .action(async ({ http }: { readonly http?: number }) => await runMcp(io, http));
}

async function runMcp(io: Io, port: number | undefined): Promise<void> {
  const { mcp, agentsMayKill } = settingsOf(io);
  const { url, token, httpToken = '' } = mcp;
  if (token === undefined) {
    throw usageError(
      'MCP_TOKEN: expected the token of this agent, one of AGENT_TOKENS of the running system, got none',
    );
  }
  if (port !== undefined && httpToken.length < LEAST_TOKEN) {
    const came = httpToken === '' ? 'none' : `${httpToken.length}`;
    throw usageError(
      `MCP_HTTP_TOKEN: expected at least ${LEAST_TOKEN} characters with --http, got ${came}. Make one with: openssl rand -hex 24`,
    );
  }
  // Loaded here: no other command needs it.
  const [{ System }, { mcpServer }] = await Promise.all([import('../mcp/system.ts'), import('../mcp/server.ts')]);
  const [system, rights, version] = [new System(url, token), { kill: agentsMayKill }, packageVersion()] as const;
  const said = (where: string) => io.err(`portcullis: the agent of MCP_TOKEN at ${url}, ${where}. Ctrl-C ends it.\n`);
  if (port === undefined) {
    const { speak } = await import('../mcp/stdio.ts');
    said('on standard input and output');
    const ends = { input: process.stdin, output: io.output, ended: io.ended };
    return await speak(ends, (onCall) => mcpServer(system, rights, version, onCall));
  }
  const { listen } = await import('../mcp/listen.ts');
  const listener = await listen(port, httpToken, () => mcpServer(system, rights, version));
  said(listener.url);
  await new Promise<void>((resolve) => io.ended.addEventListener('abort', () => resolve(), { once: true }));
  await listener.close();
}

function settingsOf(io: Io) {
  const given = cleanEnvironment(io.environment);
  return loadSettings(Object.fromEntries(MCP_SETTINGS.map((name) => [name, given[name]])), []).runtime;
}

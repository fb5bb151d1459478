import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { mcpServer } from '../../runtime/doors/mcp/server.ts';
import { System } from '../../runtime/doors/mcp/system.ts';
import { ServedRig } from './served.ts';

/** The agent of these tests, bound to its strategy. */
export const SCOUT = { strategy: 'scout', portfolio: undefined, token: 'token-of-scout', agent: true } as const;

/** What a test may read of a tool's answer. */
export interface ToolAnswer {
  readonly failed: boolean;
  /** All of its text. */
  readonly text: string;
  readonly data: ReturnType<typeof JSON.parse>;
}

/** All gates behind HTTP on a port, with an agent's token. */
export interface AgentRig {
  readonly rig: ServedRig;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it with an account that is known and flat. */
export async function startAgentRig(env: Record<string, string> = {}, agentsMayKill = false): Promise<AgentRig> {
  const rig = await ServedRig.start(env, undefined, { traderTokens: [SCOUT], agentsMayKill });
  const timestamp = String(await rig.now());
  await rig.client.hset('quantum:state:portfolio', { equity_usd: '10000', positions_count: '0', timestamp });
  await rig.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = rig.app.server.address() as AddressInfo;
  return { rig, url: `http://127.0.0.1:${port}`, stop: () => rig.stop() };
}

/** An agent of the official SDK, at a server of its own. */
export async function agent(
  url: string,
  { kill = false, token = SCOUT.token as string } = {},
): Promise<{ client: Client; call(name: string, args?: object): Promise<ToolAnswer> }> {
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  await mcpServer(new System(url, token), { kill }, '0.0.0').connect(serverEnd);
  const client = new Client({ name: 'a-test', version: '0' });
  await client.connect(clientEnd);
  return { client, call: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: { ...args } })) };
}

/** The answer of a tool in the parts a test looks at. */
export function answerOf(result: unknown): ToolAnswer {
  const { isError = false, content, structuredContent } = result as CallToolResult;
  const text = content.map((one) => (one.type === 'text' ? one.text : '')).join('\n');
  return { failed: isError, text, data: structuredContent?.data };
}

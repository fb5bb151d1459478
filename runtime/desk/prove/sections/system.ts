import type { Finding } from '../../doctor/findings.ts';
import { Skipped } from '../checklist.ts';
import type { ProofHost } from '../invitation.ts';
import type { Section } from './section.ts';

const HANDLERS = [
  'heat-gate',
  'heat-monitor',
  'heat-bridge',
  'risk-governor',
  'governor',
  'governor-results',
  'governor-watch',
  'cooldown-expiry',
] as const;

const NOTHING = 'nothing';

/**
 * The running system as a whole: who takes part in the proof, what the doctor finds broken of the server and the real
 * portfolio, and whether each process is alive and ready.
 */
export const system: Section = {
  name: 'system',
  title: 'Running system',
  needs: [],
  run: async ({ list, web, hosts, workers, broken }) => {
    await list.answers(
      'every running worker takes part',
      `${workers} of ${workers}`,
      async () => `${hosts.length} of ${workers}`,
    );
    for (const handler of HANDLERS) {
      const needs = [handler];
      await list.answers(`a worker runs ${handler}`, 'yes', async () => 'yes', { needs });
    }
    for (const handler of furtherOf(hosts)) {
      await list.answers(`${handler} judges as it should`, 'yes', async () => {
        throw new Skipped('not covered: it runs beside the others here, and no section is about it');
      });
    }
    await list.answers('the doctor finds nothing broken', NOTHING, async () => inWords(await broken()));
    for (const host of hosts) {
      const status = async (path: string) => String((await web.ask(host, 'http', path)).status);
      await list.answers(`${host.worker}: alive (/healthz)`, '200', () => status('/healthz'));
      await list.answers(`${host.worker}: ready (/readyz)`, '200', () => status('/readyz'));
    }
  },
};

/** Handlers that run and that no section is about. */
function furtherOf(hosts: readonly ProofHost[]): readonly string[] {
  const covered: ReadonlySet<string> = new Set(HANDLERS);
  return [...new Set(hosts.flatMap(({ handlers }) => handlers))].filter((handler) => !covered.has(handler)).sort();
}

function inWords(findings: readonly Finding[]): string {
  if (findings.length === 0) return NOTHING;
  return findings.map(({ check, found, todo }) => `${check}: ${found}. ${todo}`).join(' | ');
}

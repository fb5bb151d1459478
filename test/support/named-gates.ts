/** Why files of `deploy/`, and of `runtime/` outside the engine, name a gate, and which these are: a list that only gets shorter. */
export const NAMED_GATES: Readonly<Record<string, readonly string[]>> = {
  'boards of Grafana that are drawn by hand, where the declared ones would say less': ['deploy/grafana/gate-boards.ts'],
  'the explanation of a plan knows the stations that exits and orders have': [
    'runtime/desk/explain/explanation.ts',
    'runtime/desk/explain/permit-steps.ts',
    'runtime/desk/explain/plan-end.ts',
    'runtime/desk/explain/steps.ts',
    'runtime/desk/explain/traces.ts',
    'runtime/doors/cli/explain-text.ts',
    'runtime/doors/page/pages/decisions/steps.tsx',
  ],
  'a report is put together of what each gate counts, and shown gate by gate': [
    'runtime/desk/report/gate-report.ts',
    'runtime/desk/report/mark-sources.ts',
    'runtime/desk/report/html/index.ts',
    'runtime/desk/report/shadow-report.ts',
    'runtime/doors/page/pages/shadow/tables.tsx',
    'runtime/doors/page/text/shadow-words.ts',
  ],
  'heat, budgets and the limits of orders are figures of their gates': [
    'runtime/desk/operations/preview/deps.ts',
    'runtime/desk/overview/index.ts',
    'runtime/desk/overview/limits.ts',
    'runtime/desk/positions/budgets.ts',
    'runtime/doors/http/budget-routes.ts',
  ],
  'a proof goes through the promises of one gate after the other': [
    'runtime/desk/prove/hosting.ts',
    'runtime/desk/prove/sections/crash.ts',
    'runtime/desk/prove/sections/governor.ts',
    'runtime/desk/prove/sections/heat-bridge.ts',
    'runtime/desk/prove/sections/heat-gate.ts',
    'runtime/desk/prove/sections/latency.ts',
    'runtime/desk/prove/sections/risk-governor.ts',
    'runtime/desk/prove/sections/system.ts',
    'runtime/desk/prove/stack.ts',
  ],
  'what a setting of an original means depends on its gate': ['runtime/settings/load.ts'],
  'a play drives the gates in the order of a month': [
    'runtime/doors/demo/broker/stage.ts',
    'runtime/market/player/settings.ts',
  ],
};

import { Card } from '../../parts/card.tsx';

/** Where the schedules are looked at. */
export function JobsCard() {
  return (
    <Card title="Schedules and jobs" wide="jobs">
      <p>
        The dashboard of the schedules: <a href="/queues">/queues</a>. It shows all portfolios; an operator can do
        everything on it.
      </p>
      <p class="muted">
        Metrics: <a href="/metrics">/metrics</a> · Readiness: <a href="/readyz">/readyz</a>
      </p>
    </Card>
  );
}

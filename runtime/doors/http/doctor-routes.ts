import { DoctorAnswer } from '../../../schemas/api/doctor.ts';
import { checkedFindings } from '../../desk/overview/problems.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/doctor`: every check of a running portfolio, those that find all well among them. */
export const doctorRoute: Route = route({
  method: 'GET',
  url: '/doctor',
  schema: { tags: ['Now'], summary: 'What the doctor finds of a running portfolio', response: DoctorAnswer },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    const { portfolio } = own;
    const { handlers, environment, feeds, lanesOf } = own.options.known;
    const found = await askRedis(
      own,
      async (redis) => {
        const checked = { redis, portfolio, handlers, environment, feeds, lanes: lanesOf(portfolio) };
        return await checkedFindings(checked, await portfolioNowMs(redis, portfolio));
      },
      CHANGE_DEADLINE_MS,
    );
    const findings = found.map(({ check, verdict, found: text, todo, since }) => ({
      ...{ check, verdict, found: text, do: todo, since: since ?? null },
    }));
    return { findings };
  },
});

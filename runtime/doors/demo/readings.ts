import type { Redis } from 'ioredis';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import { surenessText } from '../../../schemas/sureness-text.ts';
import { monthOf } from '../../desk/candles/played.ts';
import { loggedPages } from '../../desk/decisions/decision-log.ts';
import type { PlayedColumn } from '../../desk/report/counterfactuals.ts';
import { type HeatReport, keepsParts } from '../../desk/report/gate-report.ts';
import { counterfactualSection } from '../../desk/report/html/counterfactual-section.ts';
import { report } from '../../desk/report/index.ts';
import { storedCandleMarks } from '../../desk/report/mark-sources.ts';
import { REPORT_RULES } from '../../desk/report/stored.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import {
  fundingBetween,
  fundingInCents,
  NOTHING_RECORDED,
  type PlayPayments,
} from '../../market/player/funded-book.ts';
import { Link } from '../../market/player/link.ts';
import { PAPER_STAGE, type Stage } from '../../market/player/stage.ts';
import type { Summary } from '../../market/player/summary.ts';
import { portfolioOf } from '../../settings/portfolio.ts';
import { monthPlayed, type PlayOptions, playMonth } from './play.ts';
import { DEMO_PREFIX, SOFTENED_PREFIX } from './prefix.ts';
import { row } from './row.ts';

/** What softening came to in a month in three readings, and how sure two of them are; as the report on the heat gate has them. */
export type Readings = Pick<HeatReport, 'counterfactuals' | 'uncertainty' | 'drawdown'>;

/** The same month with softened exits executed. */
const SOFTENED_STAGE: Stage = { ...PAPER_STAGE, settings: { ...PAPER_STAGE.settings, P26_MODE: 'enforce' } };

/** What a month that was played left: its summary, and the payments of its positions. */
export interface PlayedDemo {
  readonly summary: Summary;
  readonly payments: PlayPayments;
}

/**
 * Reads the month that was just played in three ways: two from its decision log and its closes, the third by playing it
 * once more with softened exits executed, on a prefix that is gone afterwards. Undefined when it was ended early.
 */
export async function readingsOf(original: PlayedDemo, options: PlayOptions): Promise<Readings | undefined> {
  const softened = await playSoftened(options);
  if (softened === undefined) return undefined;
  const redis = options.connect();
  redis.on('error', () => undefined);
  try {
    return await readIn(redis, playedOf(original, softened, options), options);
  } finally {
    redis.disconnect();
  }
}

async function playSoftened(options: PlayOptions): Promise<PlayedDemo | undefined> {
  let payments: PlayPayments | undefined;
  const onEnd = (of: PlayPayments) => {
    payments = of;
  };
  const connect = () => options.connect(SOFTENED_PREFIX);
  try {
    const summary = await playMonth({ ...options, connect, stage: SOFTENED_STAGE, prefix: SOFTENED_PREFIX, onEnd });
    return summary === undefined || payments === undefined ? undefined : { summary, payments };
  } finally {
    const redis = connect();
    redis.on('error', () => undefined);
    await new Link(redis, portfolioOf(SOFTENED_PREFIX), () => []).wipe('').finally(() => redis.disconnect());
  }
}

async function readIn(redis: Redis, played: PlayedColumn, { funding, signal }: PlayOptions): Promise<Readings> {
  const portfolio = portfolioOf(DEMO_PREFIX, { simulatedClock: true });
  const judge = judgesOf(await loadHandlers()).find(keepsParts);
  if (judge === undefined) throw new Error('expected a gate that softens exits, got none');
  const { recorded, bounds } = funding ?? NOTHING_RECORDED;
  const made = await report({
    ...{ judge, played, endsAtLast: true, portfolio: undefined, ...REPORT_RULES },
    log: (range) => loggedPages(redis, portfolio, range),
    range: { fromMs: 0, toMs: Date.parse(played.to) },
    sources: [storedCandleMarks(redis, portfolio)],
    funding: { of: async () => recorded },
    fundingBounds: bounds,
    signal: signal ?? new AbortController().signal,
  });
  if (!('counterfactuals' in made)) throw new Error('expected a report with readings of what softening came to');
  const { counterfactuals, uncertainty, drawdown } = made;
  return { counterfactuals, uncertainty, drawdown };
}

function playedOf(original: PlayedDemo, softened: PlayedDemo, options: PlayOptions): PlayedColumn {
  const { market, hours } = monthPlayed(options);
  const { bounds } = options.funding ?? NOTHING_RECORDED;
  const pnl_usd = Math.round((softened.summary.equity.end_usd - original.summary.equity.end_usd) * 100) / 100;
  return {
    strategy: 'demo',
    from: new Date(market.closedAtMs(-1)).toISOString(),
    to: new Date(market.closedAtMs(hours - 1)).toISOString(),
    original: monthOf(original.summary),
    softened: monthOf(softened.summary),
    pnl_usd,
    funding: fundingInCents(fundingBetween(original.payments, softened.payments, bounds)),
    starts: [{ hours_later: 0, pnl_usd }],
  };
}

/** The readings side by side, as lines. */
export function readingLines({ counterfactuals, drawdown, uncertainty }: Readings): string[] {
  const { table } = counterfactualSection({ counterfactuals, drawdown });
  const cells = (all: readonly string[]) => all.map((cell) => cell.padStart(25));
  const [, ...head] = table?.head ?? [];
  return [
    'Three readings of it (docs/evidence.md, Three readings)',
    row('', ...cells(head)),
    ...(table?.rows ?? []).map(([name = '', ...figures]) => row(name, ...cells(figures))),
    `  direct: ${surenessText(uncertainty.direct)}`,
    `  adjusted: ${surenessText(uncertainty.adjusted)}`,
    '  played: one path, from one starting hour',
  ];
}

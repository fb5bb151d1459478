import type { Command } from 'commander';
import type { Strategies, StrategyNow, StrategyPaused } from '../../../schemas/api/strategy.ts';
import { strategyProblem } from '../../../schemas/asker.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { round10 } from '../../../schemas/number.ts';
import { quoted } from '../../../schemas/setting.ts';
import { exposureRead, strategiesNow } from '../../desk/strategies/list.ts';
import { type StrategyDeps, setPaused } from '../../desk/strategies/pause.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import {
  type ChangeOptions,
  type CommonOptions,
  changeOf,
  confirm,
  withChangeOptions,
  withCommonOptions,
} from './options.ts';
import { print, table } from './output.ts';
import { withSession } from './session.ts';

/** `strategy list|pause|resume`: who asks for permits, and which of them may open. */
export function strategyCommands(program: Command, io: Io): void {
  const strategy = program
    .command('strategy')
    .description('the strategies that ask for permits: what each holds, pauses');
  withCommonOptions(strategy.command('list', { isDefault: true }).description('every strategy that is known of'))
    .addHelpText('after', '\nExample:\n  $ portcullis strategy list --json | jq .[].strategy')
    .action(async (options: CommonOptions) =>
      onStrategies(io, options, async (deps) => {
        const found = await strategiesNow(deps, exposureRead(deps.redis, deps.portfolio));
        print(io, options, found.strategies, () => listText(found));
      }),
    );
  withChangeOptions(strategy.command('pause').description('let it open nothing; its closes pass'), { asks: false })
    .argument('<strategy>', 'the name by which it asks', strategyName)
    .addHelpText('after', '\nExample:\n  $ portcullis strategy pause trend --reason "trades a broken signal"')
    .action(async (name: string, options: ChangeOptions) => change(io, name, options, true));
  withChangeOptions(strategy.command('resume').description('let it open positions again'), { asks: true })
    .argument('<strategy>', 'the name by which it asks', strategyName)
    .addHelpText('after', '\nExample:\n  $ portcullis strategy resume trend --reason "signal mended" --yes')
    .action(async (name: string, options: ChangeOptions) => {
      await confirm(io, options, `Resume the strategy ${name}? Its OPEN plans can get permits again at once.`);
      await change(io, name, options, false);
    });
}

async function change(io: Io, name: string, options: ChangeOptions, isPaused: boolean): Promise<void> {
  await onStrategies(io, options, async (deps) =>
    print(io, options, await setPaused(deps, name, isPaused, changeOf(io, options)), changeText),
  );
}

async function onStrategies(
  io: Io,
  options: CommonOptions,
  work: (deps: StrategyDeps) => Promise<unknown>,
): Promise<void> {
  const handlers = await loadHandlers();
  await withSession(io, options, async ({ redis, portfolio }) => {
    await work({ redis, portfolio, handlers, environment: cleanEnvironment(io.environment) });
  });
}

function strategyName(text: string): string {
  const problem = strategyProblem(text);
  if (problem === undefined) return text;
  throw usageError(`expected ${problem}, got ${quoted(text)}`);
}

function changeText({ strategy, before, after }: StrategyPaused): string {
  if (before === after) return `Strategy ${strategy} is ${after} already: nothing was changed.\n`;
  return after === 'paused'
    ? `Paused ${strategy}: its OPEN plans are refused, its CLOSE plans pass.\n`
    : `Resumed ${strategy}: its OPEN plans are judged again.\n`;
}

function listText({ strategies, unattributed_usd: rest }: Strategies): string {
  const unattributed = rest === undefined ? '' : `Unattributed: ${rest === null ? UNKNOWN : `${rest} USD`}\n`;
  if (strategies.length === 0) {
    return `No strategy is known: none has a limit, and none keeps room under the caps.\n${unattributed}`;
  }
  const isLimited = strategies.some(({ used, limits }) => (used ?? limits) !== undefined);
  const rows = strategies.map((one) => [
    one.strategy,
    one.state,
    counted(one.reserved, 'permit'),
    `${one.reserved_usd} USD`,
    ...(isLimited ? limitCells(one) : []),
  ]);
  const heads = ['strategy', '', 'reserved', '', ...(isLimited ? ['notional', 'symbols', 'permits/h'] : [])];
  return table(heads, rows) + unattributed;
}

const UNKNOWN = 'unknown';

/** What it uses of each of its limits, reservations among it. */
function limitCells({ used = {}, limits = {}, reserved_usd }: StrategyNow): readonly string[] {
  const { held_usd: held } = used;
  const usd = held === null || held === undefined ? held : round10(held + reserved_usd);
  return [
    ofLimit(usd, limits.max_usd, ' USD'),
    ofLimit(used.symbols, limits.max_positions),
    ofLimit(used.permits_hour, limits.max_permits_hour),
  ];
}

function ofLimit(value: number | null | undefined, limit: number | undefined, unit = ''): string {
  if (value === undefined) return '-';
  return `${value ?? UNKNOWN}${limit === undefined ? '' : ` of ${limit}`}${unit}`;
}

/** What could not be carried on, by its name in `not_carried`. */
const WORDS: Readonly<Record<string, string>> = {
  size_unknown: 'plans have no known size: their positions are not carried on.',
  not_judged: 'plans were sent again and not judged in the log: they are not judged here.',
  budget_unknown: 'plans would have another budget that the log does not tell: it is taken as it was.',
  heat_as_logged: 'decisions rest on the heat of the log, though positions would be others.',
  position_unknown: 'cycles of budgets do not tell whether a position already shows an order that came out otherwise.',
  at_last_price:
    'decisions rest on positions that the log does not hold then: they are taken at the last price it tells.',
  strategy_unknown:
    'plans rest on what their strategy has of a position that others have a part of: whose what is left is, the log does not tell.',
  exit_otherwise:
    'exits would close another part, and no plan that was judged again tells what was closed: positions behind them are taken as they were.',
  still_held: 'symbols hold something at the end that the log refused or closed: it has no exits of it.',
};

/** What a joint judgment could not carry on, a sentence each; one of a name that is not known is told by it. */
export function notCarriedWords(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).flatMap(([name, many]) => (many === 0 ? [] : [`${many} ${WORDS[name] ?? `${name}.`}`]));
}

import { checkCells, type ToldCheck } from '../../../../../schemas/check-words.ts';
import type { LoggedCheck } from '../../../../../schemas/decision.ts';
import { Icon, type IconName } from '../../parts/icons.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { figures, Head } from '../../parts/table.tsx';

const ICONS: Readonly<Record<LoggedCheck['verdict'], IconName>> = {
  pass: 'passed',
  refuse: 'stopped',
  would_refuse: 'stopped',
  skipped: 'noted',
};

/** Every check of a decision: value, limit, room left and verdict. Those that judged nothing are named below. */
export function ChecksTable({ checks }: { readonly checks: readonly ToldCheck[] }) {
  const judged = checks.filter(({ verdict }) => verdict !== 'skipped');
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped');
  return (
    <>
      <Scroll name="Checks">
        <table class="checks">
          <Head columns={['Check', ...figures('Value', 'Limit', 'Room left'), 'Verdict']} />
          <tbody>
            {judged.map((check) => (
              <CheckLine key={check.gate} check={check} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {skipped.length === 0 ? null : (
        <p class="muted">Not judged: {skipped.map((check) => checkCells(check)[0]).join('; ')}.</p>
      )}
    </>
  );
}

function CheckLine({ check }: { readonly check: ToldCheck }) {
  const [name, value, limit, room, verdict, setting] = checkCells(check);
  return (
    <tr class={check.verdict} title={setting}>
      <th scope="row">{name}</th>
      <td class="number">{value}</td>
      <td class="number">{limit}</td>
      <td class="number">{room}</td>
      <td>
        <span class={`verdict ${check.verdict === 'pass' ? 'passed' : 'stopped'}`}>
          <Icon name={ICONS[check.verdict]} />
          {verdict}
        </span>
      </td>
    </tr>
  );
}

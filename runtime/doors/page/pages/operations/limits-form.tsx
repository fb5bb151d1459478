import { useSignal } from '@preact/signals';
import { impactWords } from '../../../../../schemas/impact-text.ts';
import { ActionButton } from '../../parts/guarded.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Failed } from '../../parts/states.tsx';
import { Head } from '../../parts/table.tsx';
import type { Action, ActionResult } from '../../state/actions.ts';
import { address } from '../../state/address.ts';
import { errorText, send } from '../../state/api.ts';
import { mayChange, whyNot } from '../../state/rights.ts';
import type { PolicyPreview, PolicyView } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';
import { ImpactWords } from './impact.tsx';
import { LimitField, LimitWords } from './limit-field.tsx';

type Drafts = Readonly<Record<string, string>>;
type Settings = Readonly<Record<string, string | null>>;

/** The limits as a form: nothing is changed before its difference and its impact were shown and confirmed. */
export function LimitsForm({ policy, onDone }: { readonly policy: PolicyView; readonly onDone: () => void }) {
  const drafts = useSignal<Drafts>({});
  const preview = useSignal<PolicyPreview | undefined>(undefined);
  const error = useSignal('');
  const isBusy = useSignal(false);
  const settings = changedIn(policy, drafts.value);
  const edit = (name: string, text: string) => {
    drafts.value = { ...drafts.value, [name]: text };
    preview.value = undefined;
  };
  const look = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    error.value = '';
    try {
      const path = `/v1/policies/${encodeURIComponent(policy.gate)}/preview`;
      preview.value = await send<PolicyPreview>(path, { settings });
    } catch (problem) {
      error.value = errorText(problem);
    } finally {
      isBusy.value = false;
    }
  };
  const many = Object.keys(settings).length;
  return (
    <form class="limits-form" onSubmit={look}>
      <LimitsTable policy={policy} drafts={drafts.value} onEdit={edit} />
      {error.value === '' ? null : <Failed error={error.value} />}
      <p class="buttons">
        <button type="submit" disabled={many === 0 || isBusy.value || !mayChange()} title={whyNot() || undefined}>
          {isBusy.value
            ? 'Judging the last 24 h again …'
            : many === 0
              ? 'Nothing changed yet'
              : 'Show what it would do'}
        </button>
        <button type="button" disabled={many === 0} onClick={() => (drafts.value = {})}>
          Undo
        </button>
      </p>
      {preview.value === undefined ? null : (
        <Previewed policy={policy} settings={settings} preview={preview.value} onDone={onDone} />
      )}
    </form>
  );
}

interface PreviewedProps {
  readonly policy: PolicyView;
  readonly settings: Settings;
  readonly preview: PolicyPreview;
  readonly onDone: () => void;
}

/** What was found, and what can be done with it. */
function Previewed({ policy, settings, preview, onDone }: PreviewedProps) {
  return (
    <div class="preview" role="status">
      <ImpactWords preview={preview} />
      <p class="buttons">
        <ActionButton action={inForce(policy, settings, preview, onDone)} kind="primary">
          Put in force …
        </ActionButton>
        <ActionButton action={asCandidate(policy, settings, onDone)}>Judge by it beside, as a candidate …</ActionButton>
      </p>
    </div>
  );
}

/** An emptied field asks for what the environment says. */
function changedIn({ limits }: PolicyView, drafts: Drafts): Settings {
  const changed = limits.flatMap(({ name, in_force: now }) => {
    const draft = drafts[name]?.trim();
    return draft === undefined || draft === now ? [] : [[name, draft === '' ? null : draft] as const];
  });
  return Object.fromEntries(changed);
}

function inForce({ gate }: PolicyView, settings: Settings, preview: PolicyPreview, onDone: () => void): Action {
  const changes = Object.entries(preview.changed).map(([name, { before, after }]) => `${name} ${before} → ${after}`);
  return {
    title: `Change ${counted(changes.length, 'limit')} of ${gate}`,
    verb: 'Put in force',
    path: `/v1/policies/${encodeURIComponent(gate)}`,
    body: { settings, version: preview.version },
    preview: undefined,
    says: `${changes.join(', ')}. In force in every running worker with its next batch, within a second. ${impactWords(preview.impact).slice(0, 2).join(' ')}`,
    isDangerous: true,
    onDone,
  };
}

function asCandidate({ gate }: PolicyView, settings: Settings, onDone: () => void): Action {
  return {
    title: `Judge ${gate} by a candidate too`,
    verb: 'Set the candidate',
    path: `/v1/policies/${encodeURIComponent(gate)}/candidate`,
    body: { settings },
    preview: undefined,
    says: 'Every decision is judged by these limits too, and the log says what they would have said. Nothing else changes.',
    isDangerous: false,
    onDone,
    outcomeOf: (answer) => candidateOutcome(gate, answer as { readonly try_counted: boolean | null }),
  };
}

/** That it was set, and where reports will not count it among the policies tried, that too. */
function candidateOutcome(gate: string, { try_counted }: { readonly try_counted: boolean | null }): ActionResult {
  const text = `The candidate of ${gate} is set`;
  if (try_counted !== false) return { text, isWell: true };
  return {
    text: `${text}, but not counted among the policies tried on these days: reports say one less`,
    isWell: false,
  };
}

interface LimitsTableProps {
  readonly policy: PolicyView;
  readonly drafts: Drafts;
  readonly onEdit: (name: string, text: string) => void;
}

function LimitsTable({ policy, drafts, onEdit }: LimitsTableProps) {
  const meant = address.value.params.get('limit');
  const limits = [...policy.limits].sort((one, other) => Number(other.name === meant) - Number(one.name === meant));
  return (
    <Scroll name="Limits">
      <table class="stacked">
        <Head columns={['Limit', 'In force', 'Says who', 'Environment', 'Candidate']} />
        <tbody>
          {limits.map(({ name, in_force, from, environment, candidate, ...words }) => (
            <tr key={name} class={drafts[name] !== undefined && drafts[name] !== in_force ? 'edited' : ''}>
              <th scope="row">
                <label for={`limit-${name}`}>{name}</label>
                <LimitWords {...words} />
              </th>
              <td>
                <LimitField
                  name={name}
                  value={drafts[name] ?? in_force}
                  choices={words.choices ?? []}
                  onEdit={(text) => onEdit(name, text)}
                />
              </td>
              <td>{from}</td>
              <td class="why wide-only">{environment}</td>
              <td class="why wide-only">{candidate ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

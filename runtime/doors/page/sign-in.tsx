import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Icon } from './parts/icons.tsx';
import { linkCodeOf } from './state/hash.ts';
import { enter, signIn } from './state/session.ts';

/** The way in for somebody who has no session: by the one-time link they came with, else by a token. */
export function SignIn() {
  const code = useSignal(linkCodeOf(location.hash));
  const problem = useSignal('');
  const give = (text: string) => {
    problem.value = text;
    code.value = '';
    history.replaceState(history.state, '', '#/');
  };
  if (code.value !== '') return <ByLink code={code.value} onRefused={give} />;
  return <ByToken refused={problem.value} />;
}

/** A link is used up by a button, never by being looked at. */
function ByLink({ code, onRefused }: { readonly code: string; readonly onRefused: (text: string) => void }) {
  const isBusy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    const problem = await enter(code);
    if (problem === '') leaveNoCode();
    else onRefused(problem);
  };
  return (
    <Card submit={submit}>
      <p class="muted">This link opens the console once, as an operator.</p>
      <button type="submit" class="primary" disabled={isBusy.value}>
        {isBusy.value ? 'Opening …' : 'Open the console'}
      </button>
    </Card>
  );
}

/** A used code is of no use to anybody; it need not stand in the address. */
function leaveNoCode(): void {
  if (linkCodeOf(location.hash) !== '') history.replaceState(history.state, '', '#/');
}

function ByToken({ refused }: { readonly refused: string }) {
  const token = useSignal('');
  const name = useSignal('');
  const problem = useSignal(refused);
  const isBusy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy.value || token.value.trim() === '') return;
    isBusy.value = true;
    problem.value = await signIn(token.value.trim(), name.value.trim());
    isBusy.value = false;
  };
  return (
    <Card submit={submit}>
      <p class="muted">
        Sign in with the token of this Portcullis, or open a one-time link: its start prints one, and so does{' '}
        <code>npx portcullis console</code>.
      </p>
      <Field id="token" label="Token" isSecret text={token} complete="current-password" />
      <Field id="name" label="Your name, for the ledger" text={name} complete="username" />
      <p class="problem" role="alert">
        {problem.value}
      </p>
      <button type="submit" class="primary" disabled={isBusy.value || token.value.trim() === ''}>
        {isBusy.value ? 'Signing in …' : 'Sign in'}
      </button>
      <details>
        <summary>Where is the token?</summary>
        <p>
          <code>ADMIN_TOKEN</code> signs in as operator, <code>VIEWER_TOKEN</code> as viewer. Without{' '}
          <code>ADMIN_TOKEN</code> the start makes one up and prints it.
        </p>
      </details>
    </Card>
  );
}

interface CardProps {
  readonly submit: (event: Event) => Promise<void>;
  readonly children: ComponentChildren;
}

/** The form of either way in, under the name of what it opens. */
function Card({ submit, children }: CardProps) {
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>
          <Icon name="gate" /> Portcullis
        </h1>
        {children}
      </form>
    </main>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly isSecret?: boolean;
  readonly text: { value: string };
  readonly complete: string;
}

function Field({ id, label, isSecret = false, text, complete }: FieldProps) {
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    text.value = currentTarget.value;
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isSecret ? (
        <input id={id} type="password" autoComplete={complete} value={text.value} onInput={onInput} />
      ) : (
        <input id={id} type="text" autoComplete={complete} value={text.value} onInput={onInput} />
      )}
    </div>
  );
}

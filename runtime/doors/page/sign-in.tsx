import { useSignal } from '@preact/signals';
import { Icon } from './parts/icons.tsx';
import { signIn } from './state/session.ts';

/** The way in for somebody who has a token and no session. */
export function SignIn() {
  const token = useSignal('');
  const name = useSignal('');
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy.value || token.value.trim() === '') return;
    isBusy.value = true;
    problem.value = await signIn(token.value.trim(), name.value.trim());
    isBusy.value = false;
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>
          <Icon name="gate" /> Portcullis
        </h1>
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

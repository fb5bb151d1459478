import { signal } from '@preact/signals';
import { shortcuts } from '../text/keys.ts';
import { Modal } from './modal.tsx';

/** Whether the list of keys is open. */
export const helpIsOpen = signal(false);

/** The list of what the keyboard does. */
export function Help() {
  if (!helpIsOpen.value) return null;
  return (
    <Modal title="Keyboard" kind="box" onClose={() => (helpIsOpen.value = false)}>
      <dl class="keys">
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">No key stops or starts trading: that is always a button and a confirmation.</p>
    </Modal>
  );
}

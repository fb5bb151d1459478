import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { Failed } from '../../parts/states.tsx';
import { turnOn } from '../../state/notices.ts';
import { wantsNotices } from '../../state/preferences.ts';

/** Whether this browser tells of what becomes critical while a page is open. */
export function NoticesCard() {
  const error = useSignal('');
  const change = async () => {
    if (wantsNotices.value) wantsNotices.value = false;
    else error.value = await turnOn();
  };
  return (
    <Card title="Notifications of this browser" wide="notices">
      <p>
        {wantsNotices.value ? 'On' : 'Off'}: a notification and a sound for what becomes critical in the portfolio on
        the page, while a tab of the console is open.
      </p>
      <p class="buttons">
        <button type="button" aria-pressed={wantsNotices.value} onClick={() => void change()}>
          {wantsNotices.value ? 'Turn off' : 'Turn on'}
        </button>
      </p>
      {error.value === '' ? null : <Failed error={error.value} />}
      <p class="muted">Without a browser: ALERT_WEBHOOK_URL (docs/operations.md).</p>
    </Card>
  );
}

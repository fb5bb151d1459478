import { render } from 'preact';
import { App } from './app.tsx';
import { togglePause } from './pages/decisions/hold.ts';
import { helpIsOpen } from './parts/help.tsx';
import { followAddress } from './state/address.ts';
import { followFace } from './state/face.ts';
import { followKeys } from './state/keyboard.ts';
import { followLive } from './state/live.ts';
import { followNotices } from './state/notices.ts';
import { followPreferences } from './state/preferences.ts';
import { followPresses } from './state/press.ts';
import { loadSession } from './state/session.ts';

const place = document.getElementById('console');
if (place === null) throw new Error('expected an element #console in the page');

followPreferences();
followAddress();
followFace();
followLive();
followNotices();
followPresses();
followKeys({
  help: () => {
    helpIsOpen.value = true;
  },
  pause: togglePause,
});
render(<App />, place);
await loadSession();

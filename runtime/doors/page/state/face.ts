import { effect } from '@preact/signals';
import { faceOf } from '../text/face.ts';
import { chosenPortfolio, namesPortfolio } from './address.ts';
import { connection, overview } from './live.ts';
import { session } from './session.ts';

/** Keeps the title and the icon of the tab as the state is. */
export function followFace(): void {
  effect(() => {
    const { title, icon } = faceOf(session.value ? overview.value : undefined, {
      connection: session.value ? connection.value : 'connecting',
      portfolio: namesPortfolio.value ? chosenPortfolio.value : undefined,
    });
    document.title = title;
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const href = `/console/icon-${icon}.svg`;
    if (link !== null && link.getAttribute('href') !== href) link.setAttribute('href', href);
  });
}

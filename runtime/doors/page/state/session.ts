import { signal } from '@preact/signals';
import type { Session } from './wire.ts';

/** Who is signed in: `undefined` until that is known, `null` for nobody. */
export const session = signal<Session | null | undefined>(undefined);

/** Asks who is signed in. An answer that does not come leaves what was known. */
export async function loadSession(): Promise<void> {
  try {
    const response = await fetch('/console/session', { cache: 'no-store', credentials: 'same-origin' });
    if (response.ok) session.value = (await response.json()) as Session;
    else if (response.status === 401 || session.value === undefined) session.value = null;
  } catch {
    if (session.value === undefined) session.value = null;
  }
}

/** Signs in with a token; gives the sentence that says why not, or empty text. */
export async function signIn(token: string, name: string): Promise<string> {
  return await begin('/console/session', { token, ...(name !== '' && { name }) });
}

/** Signs in with the code of a one-time link, which is used up by it; gives the sentence that says why not, or empty text. */
export async function enter(link: string): Promise<string> {
  return await begin('/console/enter', { link });
}

async function begin(path: string, body: object): Promise<string> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) return await refusalOf(response, path);
    await loadSession();
    return '';
  } catch {
    return 'Portcullis does not answer. It may be stopped: look at the terminal it runs in.';
  }
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  const headers = { 'X-CSRF-Token': session.value?.csrf ?? '' };
  await fetch('/console/session', { method: 'DELETE', credentials: 'same-origin', headers }).catch(() => undefined);
  session.value = null;
}

async function refusalOf(response: Response, path: string): Promise<string> {
  if (response.status === 429) {
    const seconds = response.headers.get('Retry-After') ?? '60';
    return `Too many attempts. Try again in ${seconds} s.`;
  }
  if (response.status === 401 && path === '/console/enter') return 'This link was used, or is too old.';
  if (response.status === 401) return 'That is neither the operator’s token nor the viewer’s.';
  const answer = (await response.json().catch(() => undefined)) as { message?: string } | undefined;
  return answer?.message ?? `expected an answer, got status ${response.status}`;
}

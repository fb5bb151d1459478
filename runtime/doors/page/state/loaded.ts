import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask, errorText, type Parameters } from './api.ts';

/** An answer of the server, as far as it is known. It stays while the same is asked again, and never stands for another question. */
export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: string;
  reload(): void;
}

interface Known<T> {
  readonly question: string;
  readonly data: T | undefined;
  readonly error: string;
}

/** Asks for something now, when a parameter changes, and again every `everyMs` while the page is in front and no answer is waited for. */
export function useLoaded<T>(path: string, parameters: Parameters = {}, everyMs?: number): Loaded<T> {
  const turn = useSignal(0);
  const isAsking = useRef(false);
  const wanted = JSON.stringify(parameters);
  const question = `${path} ${wanted}`;
  const known = useSignal<Known<T>>({ question, data: undefined, error: '' });
  const now = known.value.question === question ? known.value : { data: undefined, error: '' };
  useEffect(() => {
    const ending = new AbortController();
    isAsking.current = true;
    ask<T>(path, JSON.parse(wanted) as Parameters, ending.signal)
      .then((answer) => {
        known.value = { question, data: answer, error: '' };
      })
      .catch((problem: unknown) => {
        if (ending.signal.aborted) return;
        const data = known.value.question === question ? known.value.data : undefined;
        known.value = { question, data, error: errorText(problem) };
      })
      .finally(() => {
        if (!ending.signal.aborted) isAsking.current = false;
      });
    return () => ending.abort();
  }, [path, wanted, turn.value]);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !isAsking.current) turn.value++;
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return { data: now.data, error: now.error, reload: () => void turn.value++ };
}

/** So long after an answer that has not read all of the log it is asked for the rest. */
const READ_ON_MS = 1_000;

/** Asks again soon while what was answered was not read to its end. */
export function useReadOn<T extends { readonly is_reading: boolean }>({ data, reload }: Loaded<T>): void {
  useEffect(() => {
    if (data?.is_reading !== true) return undefined;
    const timer = setTimeout(reload, READ_ON_MS);
    return () => clearTimeout(timer);
  }, [data]);
}

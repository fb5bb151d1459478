import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, errorText, type Parameters } from './api.ts';

/** An answer of the server, as far as it is known. The last one stays while it is asked again. */
export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: string;
  readonly isLoading: boolean;
  reload(): void;
}

/** Asks for something now, when a parameter changes, and again every `everyMs` while the page is in front. */
export function useLoaded<T>(path: string, parameters: Parameters = {}, everyMs?: number): Loaded<T> {
  const data = useSignal<T | undefined>(undefined);
  const error = useSignal('');
  const isLoading = useSignal(true);
  const turn = useSignal(0);
  const wanted = JSON.stringify(parameters);
  useEffect(() => {
    const ending = new AbortController();
    isLoading.value = true;
    ask<T>(path, JSON.parse(wanted) as Parameters, ending.signal)
      .then((answer) => {
        data.value = answer;
        error.value = '';
      })
      .catch((problem: unknown) => {
        if (!ending.signal.aborted) error.value = errorText(problem);
      })
      .finally(() => {
        if (!ending.signal.aborted) isLoading.value = false;
      });
    return () => ending.abort();
  }, [path, wanted, turn.value]);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') turn.value++;
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return { data: data.value, error: error.value, isLoading: isLoading.value, reload: () => void turn.value++ };
}

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, errorText } from './api.ts';
import type { Overview } from './wire.ts';

/** What is known of a portfolio: what it last told, and why nothing newer is there. */
export interface KnownOverview {
  readonly now: Overview | undefined;
  readonly error: string;
}

/** The overviews of portfolios by their prefix, asked again `everyMs` after the last of them has answered. */
export function useOverviews(prefixes: readonly string[], everyMs: number): ReadonlyMap<string, KnownOverview> {
  const told = useSignal<ReadonlyMap<string, KnownOverview>>(new Map());
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const askOne = async (portfolio: string) => {
      const { now } = told.peek().get(portfolio) ?? { now: undefined };
      const answer = await ask<Overview>('/v1/overview', { portfolio }, ending.signal).then(
        (overview): KnownOverview => ({ now: overview, error: '' }),
        (problem: unknown): KnownOverview => ({ now, error: errorText(problem) }),
      );
      if (!ending.signal.aborted) told.value = new Map(told.peek()).set(portfolio, answer);
    };
    const askAll = async () => {
      if (document.visibilityState === 'visible') await Promise.all(prefixes.map(askOne));
      if (!ending.signal.aborted) timer = setTimeout(() => void askAll(), everyMs);
    };
    void askAll();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [prefixes.join()]);
  return told.value;
}

import { signal } from '@preact/signals';

/** The spans that charts can show. */
export const spans = ['1h', '6h', '24h', '7d', '31d'] as const;

/** One of `spans`. */
export type Span = (typeof spans)[number];

/** The span of all charts of the page. */
export const chosenSpan = signal<Span>('24h');

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A part of a page with a heading of its own. */
export function Card({ title, aside, wide, children }: CardProps) {
  const id = useId();
  return (
    <section class={`card ${wide === undefined ? '' : wide}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside === undefined ? null : <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

interface CardProps {
  readonly title: string;
  readonly aside?: ComponentChildren;
  /** Class that says how much room it takes. */
  readonly wide?: string;
  readonly children: ComponentChildren;
}

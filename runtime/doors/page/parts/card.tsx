import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { address } from '../state/address.ts';

/** A part of a page with a heading of its own. One that the address names (`at`) stands first, in sight, with the focus. */
export function Card({ title, aside, wide, children }: CardProps) {
  const id = useId();
  const here = useRef<HTMLElement>(null);
  const isMeant = wide !== undefined && address.value.params.get('at') === wide;
  useEffect(() => {
    if (!isMeant) return;
    here.current?.scrollIntoView();
    here.current?.focus({ preventScroll: true });
  }, [isMeant, address.value]);
  return (
    <section
      ref={here}
      class={`card ${wide ?? ''} ${isMeant ? 'meant' : ''}`}
      aria-labelledby={id}
      {...(isMeant && { tabIndex: -1 })}
    >
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

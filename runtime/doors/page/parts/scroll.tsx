import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** What may be wider than there is room for: it scrolls by itself then, also by the keyboard. `name` says what it holds. */
export function Scroll({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  const box = useRef<HTMLElement>(null);
  const isWider = useSignal(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = () => {
      isWider.value = element.scrollWidth > element.clientWidth;
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    for (const child of element.children) resized.observe(child);
    return () => resized.disconnect();
  }, [isWider]);
  const focusable = isWider.value ? { tabIndex: 0, 'aria-label': `${name}, wider than the screen` } : {};
  return (
    <section ref={box} class="scroll" {...focusable}>
      {children}
    </section>
  );
}

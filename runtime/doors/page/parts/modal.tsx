import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';

/** A dialog over the page. The browser keeps the focus in it, and Esc closes it; it gives the focus back where it was. */
export function Modal({ title, kind, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the effects of what is in it, so that they can put the focus where it belongs.
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog ref={dialog} class={kind} aria-labelledby="modal-title" onClose={onClose}>
      <header>
        <h2 id="modal-title">{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

interface ModalProps {
  readonly title: string;
  /** `box` in the middle, `drawer` along the edge. */
  readonly kind: 'box' | 'drawer';
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

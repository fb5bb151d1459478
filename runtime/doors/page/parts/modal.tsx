import type { ComponentChildren, RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';

/** A dialog over the page. The browser keeps the focus in it, and Esc closes it; it gives the focus back where it was. */
export function Modal({ title, kind, first, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    first?.current?.focus();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog ref={dialog} class={kind} aria-labelledby="modal-title" onClose={onClose}>
      <header>
        <h2 id="modal-title">
          <bdi>{title}</bdi>
        </h2>
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
  /** What has the focus from the moment the dialog is there; without it the button that closes it. */
  readonly first?: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

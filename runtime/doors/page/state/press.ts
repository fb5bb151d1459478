let isDown = false;

/** Whether a button of the mouse, a finger or a pen is down on the page. */
export function isPressed(): boolean {
  return isDown;
}

/** Follows presses, from now on. One ends after its click; where nobody told of the end, with the next move without a button. */
export function followPresses(): void {
  const end = () =>
    setTimeout(() => {
      isDown = false;
    });
  addEventListener(
    'pointerdown',
    () => {
      isDown = true;
    },
    true,
  );
  for (const ends of ['pointerup', 'pointercancel', 'blur']) addEventListener(ends, end, true);
  addEventListener('pointermove', ({ buttons }) => isDown && buttons === 0 && end(), true);
}

/** Keeps the height of what stays at the top in `--top-height`, so that what sticks below it is not covered. */
export function followHeight(header: HTMLElement | null): void {
  const pinned = header?.firstElementChild;
  if (header === null || !(pinned instanceof HTMLElement)) return;
  const set = () => {
    const height = header.offsetHeight || pinned.offsetHeight;
    document.documentElement.style.setProperty('--top-height', `${height}px`);
  };
  const observer = new ResizeObserver(set);
  observer.observe(header);
  observer.observe(pinned);
}

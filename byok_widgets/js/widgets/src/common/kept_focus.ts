// The keyboard's place among controls that are disabled or hidden while something is under way: the browser forgets it.

const isUnusable = (element: HTMLElement): boolean =>
  element.hidden || (element as HTMLButtonElement).disabled;

export class KeptFocus {
  private lost: HTMLElement | null = null;

  constructor(private readonly root: HTMLElement) {}

  // Paint, and give the focus back to a control that can be used again, unless the person has gone elsewhere.
  // What becomes hidden for good hands it on to `instead`.
  around(paint: () => void, instead?: (lost: HTMLElement) => HTMLElement | null): void {
    const before = document.activeElement;
    paint();
    if (before instanceof HTMLElement && this.root.contains(before) && isUnusable(before)) {
      this.lost = instead?.(before) ?? before;
    }
    if (!this.lost || isUnusable(this.lost)) return;
    const now = document.activeElement;
    if (!now || now === document.body || now === before) this.lost.focus({ preventScroll: true });
    this.lost = null;
  }
}

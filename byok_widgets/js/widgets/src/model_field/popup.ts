// The list that opens below a field, in the top layer: a cell's output would clip it.

import { onEnd } from "../common/view";

export interface Popup {
  isOpen: () => boolean;
  turn: (open: boolean) => void;
}

const GAP_PX = 12;
const SMALLEST_PX = { width: 380, height: 120 };
const TALLEST_PX = 380;
const ENOUGH_BELOW_PX = 280;

function place(popup: HTMLElement, anchor: HTMLElement): void {
  const field = anchor.getBoundingClientRect();
  const below = innerHeight - field.bottom - GAP_PX;
  const above = field.top - GAP_PX;
  const width = Math.min(Math.max(field.width, SMALLEST_PX.width), innerWidth - 16);
  const isUnder = below >= Math.min(ENOUGH_BELOW_PX, above);
  Object.assign(popup.style, {
    width: `${width}px`,
    left: `${Math.max(8, Math.min(field.left, innerWidth - width - 8))}px`,
    maxHeight: `${Math.max(SMALLEST_PX.height, Math.min(TALLEST_PX, isUnder ? below : above))}px`,
    top: isUnder ? `${field.bottom + 2}px` : "auto",
    bottom: isUnder ? "auto" : `${innerHeight - field.top + 2}px`,
  });
}

// `controls` are all elements that indicate whether it is open.
export function makePopup(
  popup: HTMLElement,
  anchor: HTMLElement,
  controls: readonly HTMLElement[],
  signal: AbortSignal,
): Popup {
  const hasPopover = typeof (popup as Partial<HTMLElement>).showPopover === "function"; // browsers before 2024
  if (hasPopover) popup.popover = "manual";
  // A notebook removes distant cells from the page, which closes a popover.
  const isOpen = (): boolean => !popup.hidden && (!hasPopover || popup.matches(":popover-open"));
  const follow = (): void => place(popup, anchor);
  const grown = new ResizeObserver(follow); // content above the field may have grown
  let opened = new AbortController();

  function turn(open: boolean): void {
    if (open && isOpen()) return;
    opened.abort();
    grown.disconnect();
    popup.hidden = !open;
    for (const control of controls) control.setAttribute("aria-expanded", String(open));
    if (!open) {
      if (hasPopover && popup.isConnected) popup.hidePopover();
      return;
    }
    if (hasPopover) popup.showPopover();
    opened = new AbortController();
    const onScroll = ({ target }: Event): void => {
      if (!(target instanceof Node && popup.contains(target))) follow();
    };
    addEventListener("scroll", onScroll, { capture: true, signal: opened.signal });
    addEventListener("resize", follow, { signal: opened.signal });
    for (const element of [anchor, anchor.closest(".byok-panel") ?? document.body]) grown.observe(element);
    follow();
  }

  onEnd(signal, () => turn(false));
  return { isOpen, turn };
}

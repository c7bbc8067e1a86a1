// Makes the heads of ipywidgets' accordions buttons: they are plain text that opens at a click of the mouse alone.

import { onEnd } from "../common/view";

const HEAD = ".jupyter-widget-Collapse-header";
const OPEN = "jupyter-widget-Collapse-open";

export function openByKeyboard(panel: HTMLElement, signal: AbortSignal): void {
  const watcher = new MutationObserver(() => paint(panel));
  watcher.observe(panel, { childList: true, subtree: true, attributeFilter: ["class"] });
  onEnd(signal, () => watcher.disconnect());
  panel.addEventListener("keydown", onKey, { signal });
  paint(panel);
}

function paint(panel: HTMLElement): void {
  for (const head of panel.querySelectorAll<HTMLElement>(HEAD)) {
    const isOpen = String(head.parentElement?.classList.contains(OPEN) ?? false);
    if (head.getAttribute("aria-expanded") === isOpen) continue;
    head.tabIndex = 0;
    head.setAttribute("role", "button");
    head.setAttribute("aria-expanded", isOpen);
  }
}

function onKey(event: KeyboardEvent): void {
  const head = event.target;
  if (!(head instanceof HTMLElement) || !head.matches(HEAD) || !["Enter", " "].includes(event.key)) return;
  event.preventDefault(); // a space would scroll
  head.click();
}

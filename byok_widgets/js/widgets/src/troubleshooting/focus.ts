// Where the focus can be moved in the panel. Fields are found by data attributes and classes, never by their labels.

import type { Focus } from "../common/messages";
import { onEnd } from "../common/view";

const FOUND_WITHIN_MS = 20_000;

type Field = HTMLElement | null | undefined;

const isShown = (field: HTMLElement): boolean => field.offsetParent !== null;

// The page's body has the focus when the button that was pressed has gone.
const isStillAt = (start: Element | null): boolean => [start, document.body, null].includes(document.activeElement);

function keyInput(panel: Element): Field {
  return [...panel.querySelectorAll<HTMLElement>("[data-byok-view=key_field] input")].find(isShown);
}

function nodeInput(panel: Element, name = ""): Field {
  const rows = [...panel.querySelectorAll<HTMLDetailsElement>("details[data-node]")];
  const row = rows.find(({ dataset }) => dataset["node"] === name);
  if (row && !row.open) row.querySelector("summary")?.click();
  return row?.querySelector<HTMLElement>("[data-part=model] input");
}

function find(panel: Element, { field, name }: Focus): Field {
  if (field === "key") return keyInput(panel);
  if (field === "address") return panel.querySelector<HTMLElement>(".byok-address input");
  if (field === "model") return panel.querySelector<HTMLElement>("[data-byok-view=model_field] input");
  return nodeInput(panel, name);
}

// A field that does not exist yet appears when the kernel has answered; a person who has gone on by then is left alone.
export function goTo(from: Element, focus: Focus, then: (field: HTMLElement) => void, signal: AbortSignal): void {
  const panel = from.closest(".byok-panel");
  const end = performance.now() + FOUND_WITHIN_MS;
  const start = document.activeElement;
  let frame = 0;
  const look = (): void => {
    const field = panel && find(panel, focus);
    if (field && isShown(field)) {
      field.focus();
      then(field);
    } else if (panel && performance.now() < end && isStillAt(start)) frame = requestAnimationFrame(look);
  };
  onEnd(signal, () => cancelAnimationFrame(frame));
  look();
}

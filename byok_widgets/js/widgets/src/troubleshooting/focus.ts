// Where the focus can be moved in the panel. Fields are found by data attributes and classes, never by their labels.

import type { Focus } from "../common/messages";
import { onEnd } from "../common/view";

const FOUND_WITHIN_MS = 3000;

type Field = HTMLElement | null | undefined;

const isShown = (field: HTMLElement): boolean => field.offsetParent !== null;

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

// A field that does not exist yet may appear a moment later.
export function goTo(from: Element, focus: Focus, then: (field: HTMLElement) => void, signal: AbortSignal): void {
  const panel = from.closest(".byok-panel");
  const end = performance.now() + FOUND_WITHIN_MS;
  let frame = 0;
  const look = (): void => {
    const field = panel && find(panel, focus);
    if (field && isShown(field)) {
      field.focus();
      then(field);
    } else if (panel && performance.now() < end) frame = requestAnimationFrame(look);
  };
  onEnd(signal, () => cancelAnimationFrame(frame));
  look();
}

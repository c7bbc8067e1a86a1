// A button of a turn: it does not compete with what was said.

import { button } from "../common/dom";

export function quiet(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = button(text, "byok-quiet byok-back");
  made.setAttribute("aria-label", label);
  made.title = label;
  made.onclick = act;
  return made;
}

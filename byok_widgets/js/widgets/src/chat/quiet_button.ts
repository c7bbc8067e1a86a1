// A button of a turn: it does not compete with what was said.

import { button } from "../common/dom";

export function quiet(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = button(text, "byok-quiet byok-back");
  made.setAttribute("aria-label", label);
  made.title = label;
  made.onclick = act;
  return made;
}

// Not shown to visitors of a page: the kernel refuses them what it does.
export function ofOwner<B extends HTMLElement>(made: B): B {
  made.classList.add("byok-of-owner");
  return made;
}

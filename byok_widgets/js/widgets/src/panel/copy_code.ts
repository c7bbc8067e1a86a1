// Lines of code with a button that copies them. The text is a trait: it never contains a key.

import { button, make, randomId } from "../common/dom";
import { copyFrom } from "../common/clipboard";
import type { CopyCodeState } from "../common/messages";
import { type ViewContext, follow, onEnd } from "../common/view";

const SAID_FOR_MS = 4000;
const SAID = {
  copied: "Copied.",
  selected: "The browser does not allow copying. The lines are selected: copy them by hand.",
};

export function renderCopyCode({ model, el, signal }: ViewContext<CopyCodeState>): void {
  const id = `byok-${randomId()}`;
  const about = "These lines recreate the same settings. They never contain a key.";
  const area = make("textarea", { id, className: "byok-input byok-code", readOnly: true });
  const copy = button("Copy");
  const said = make("span", { className: "byok-note", attributes: { role: "status" } });
  area.spellcheck = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function paint(): void {
    area.value = model.get("code");
    area.rows = area.value.split("\n").length;
  }

  async function onCopy(): Promise<void> {
    said.textContent = SAID[await copyFrom(area)];
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(() => (said.textContent = ""), SAID_FOR_MS);
  }

  el.classList.add("byok-copy");
  el.append(
    make(
      "details",
      {},
      make("summary", { textContent: "Copy as code" }),
      make("label", { htmlFor: id, className: "byok-note", textContent: about }),
      area,
      make("div", { className: "byok-row byok-actions" }, copy, said),
    ),
  );
  copy.addEventListener("click", () => void onCopy(), { signal });
  el.addEventListener("copy", (event) => event.stopPropagation(), { signal }); // otherwise the notebook copies the cell
  follow(model, "change:code", paint, signal);
  onEnd(signal, () => clearTimeout(timer));
  paint();
}

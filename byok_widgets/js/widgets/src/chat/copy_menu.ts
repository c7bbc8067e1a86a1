// The conversation as text, to take along.

import { copyFrom } from "../common/clipboard";
import { button, make } from "../common/dom";
import type { ChatCopy } from "../common/messages";
import { ofOwner } from "./quiet_button";

const SAID = { copied: "Copied.", selected: "Selected: copy it with the keyboard." };

export class CopyMenu {
  readonly el = make("details", { className: "byok-menu" });
  private readonly text = make("textarea", { className: "byok-input", readOnly: true, rows: 6, dir: "auto" });
  private readonly content = make("div", { className: "byok-menu-content" });
  private readonly said = make("div", { className: "byok-note" });

  // The case also goes into a file, which the kernel names.
  constructor(ask: (form: ChatCopy["form"]) => void, save: () => void) {
    this.text.setAttribute("aria-label", "The conversation as text");
    this.said.setAttribute("role", "status");
    const transcript = button("Copy transcript");
    const testCase = button("Copy test case");
    transcript.onclick = () => ask("transcript");
    testCase.onclick = () => ask("case");
    const saved = ofOwner(button("Save as case"));
    saved.onclick = () => {
      this.el.open = false;
      save();
    };
    this.content.append(transcript, testCase, saved, this.said);
    const summary = make("summary", { textContent: "Copy or save" });
    this.el.append(summary, this.content);
    this.el.onkeydown = (event) => {
      if (event.key !== "Escape" || !this.el.open) return;
      this.el.open = false;
      summary.focus();
    };
  }

  // A click elsewhere closes it, as with any menu, until `signal` ends that.
  closeByClicks(signal: AbortSignal): void {
    const close = (event: Event): void => {
      if (!event.composedPath().includes(this.el)) this.el.open = false;
    };
    document.addEventListener("pointerdown", close, { signal });
  }

  async show({ text }: ChatCopy): Promise<void> {
    this.text.value = text;
    this.content.append(this.text);
    this.said.textContent = SAID[await copyFrom(this.text)];
  }
}

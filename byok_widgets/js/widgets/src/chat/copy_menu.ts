// The conversation as text, to take along.

import { copyFrom } from "../common/clipboard";
import { button, make } from "../common/dom";
import type { ChatCopy } from "../common/messages";

const SAID = { copied: "Copied.", selected: "Selected: copy it with the keyboard." };

export class CopyMenu {
  readonly el = make("details", { className: "byok-menu" });
  private readonly text = make("textarea", { className: "byok-input", readOnly: true, rows: 6 });
  private readonly content = make("div", { className: "byok-menu-content" });
  private readonly said = make("div", { className: "byok-note" });

  constructor(ask: (form: ChatCopy["form"]) => void) {
    this.text.setAttribute("aria-label", "The conversation as text");
    this.said.setAttribute("role", "status");
    const transcript = button("Transcript");
    const testCase = button("Test case");
    transcript.onclick = () => ask("transcript");
    testCase.onclick = () => ask("case");
    this.content.append(transcript, testCase, this.said);
    this.el.append(make("summary", { textContent: "Copy" }), this.content);
  }

  async show({ text }: ChatCopy): Promise<void> {
    this.text.value = text;
    this.content.append(this.text);
    this.said.textContent = SAID[await copyFrom(this.text)];
  }
}

// Sentences that are kept with the flow, to be said by a click.

import { button, make } from "../common/dom";
import { ofOwner } from "./quiet_button";

export class Sentences {
  readonly el = make("div", { className: "byok-sentences", hidden: true });

  constructor(
    private readonly say: (text: string) => void,
    private readonly remove: (text: string) => void,
  ) {
    this.el.setAttribute("role", "group");
    this.el.setAttribute("aria-label", "Test sentences");
  }

  show(sentences: string[]): void {
    this.el.hidden = !sentences.length;
    this.el.replaceChildren(...sentences.map((text) => this.chip(text)));
  }

  enable(isEnabled: boolean): void {
    for (const each of this.el.querySelectorAll("button")) each.disabled = !isEnabled;
  }

  private chip(text: string): HTMLElement {
    const say = button(text, "byok-sentence");
    say.title = text;
    say.onclick = () => this.say(text);
    const remove = ofOwner(button("×", "byok-quiet byok-back"));
    remove.setAttribute("aria-label", `Remove the test sentence “${text.slice(0, 40)}”`);
    remove.onclick = () => this.remove(text);
    return make("span", { className: "byok-sentence-box" }, say, remove);
  }
}

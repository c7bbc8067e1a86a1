// The line that says what is going on. That the kernel does not answer stands in it until something else is said.

import { make } from "./dom";
import { UNANSWERED } from "./texts";

export class StatusLine {
  readonly el: HTMLElement;
  private isUnanswered = false;

  constructor(className: string) {
    this.el = make("div", { className: `byok-note ${className}`.trim(), attributes: { role: "status" } });
  }

  say(...content: (string | Node)[]): void {
    this.isUnanswered = false;
    this.el.replaceChildren(...content.filter((each) => each !== ""));
  }

  // What is not yet said, or has been replaced, is said; what stands there already is not read out again.
  keep(content: Node[]): void {
    if (this.isUnanswered || content.some((each, at) => this.el.childNodes[at] !== each)) this.say(...content);
  }

  showUnanswered(isLate: boolean): void {
    if (isLate) this.say(UNANSWERED);
    else if (this.isUnanswered) this.say();
    this.isUnanswered = isLate;
  }
}

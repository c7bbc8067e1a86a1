// What the models were asked in a turn, word for word: fetched when a person wants to read it.

import { asTable, make } from "../common/dom";
import type { RequestFacts, TurnFacts } from "../common/messages";
import { quiet } from "./quiet_button";

export class SentRequests {
  readonly el = make("div", { className: "byok-sent", hidden: true });
  readonly button: HTMLButtonElement;

  constructor({ number }: TurnFacts, ask: (turn: number) => void) {
    this.button = quiet("Prompt", `Prompt as it was sent in turn ${number}`, () => {
      if (this.el.hidden) ask(number);
      else this.open(false);
    });
    this.button.setAttribute("aria-expanded", "false");
    this.el.tabIndex = 0; // it scrolls
    this.el.setAttribute("role", "region");
    this.el.setAttribute("aria-label", `What was sent in turn ${number}`);
  }

  show(requests: RequestFacts[]): void {
    this.el.replaceChildren(...requests.map(requestTable));
    this.open(true);
    this.el.scrollIntoView({ block: "nearest" });
  }

  private open(isOpen: boolean): void {
    this.el.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
  }
}

function requestTable({ title, parts }: RequestFacts): HTMLElement {
  const rows = parts.map(({ name, text }) =>
    make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", { textContent: text })),
  );
  return asTable(make("table", {}, make("caption", { textContent: title }), make("tbody", {}, ...rows)));
}

// The pictures of a comparison, one at a time. They come finished from the kernel.

import { button, make } from "../common/dom";
import { drawing } from "../common/drawing";
import type { BoardPicture } from "../common/messages";

export class Pictures {
  readonly el = make("section", { hidden: true, attributes: { "aria-label": "Pictures" } });
  private readonly choices = make("div", { className: "byok-row", attributes: { role: "group", "aria-label": "Picture" } });
  private readonly canvas = make("div", { className: "byok-board-picture", tabIndex: 0, attributes: { role: "img" } });
  private pictures: BoardPicture[] = [];
  private chosen = "";

  constructor() {
    this.el.className = "byok-board-pictures";
    this.el.append(this.choices, this.canvas);
  }

  show(pictures: BoardPicture[]): void {
    this.pictures = pictures;
    this.el.hidden = !pictures.length;
    const names = pictures.map(({ name }) => name);
    if (!names.includes(this.chosen)) this.chosen = names[0] ?? "";
    this.choices.replaceChildren(...names.map((name) => this.choice(name)));
    this.paint();
  }

  private choice(name: string): HTMLButtonElement {
    const made = button(name);
    made.dataset["picture"] = name;
    made.onclick = () => {
      this.chosen = name;
      this.paint();
    };
    return made;
  }

  private paint(): void {
    for (const choice of this.choices.querySelectorAll("button")) {
      const isChosen = choice.dataset["picture"] === this.chosen;
      choice.setAttribute("aria-pressed", String(isChosen));
      choice.classList.toggle("byok-chosen", isChosen);
    }
    const picture = this.pictures.find(({ name }) => name === this.chosen);
    this.canvas.setAttribute("aria-label", picture?.words ?? "");
    this.canvas.replaceChildren(...(picture ? [drawing(picture.svg)] : []));
  }
}

// Rating by hand: one reply after another, without the name of what wrote it. The keys 1 to 5 rate and go on.

import { NO_AUTOFILL, button, make, randomId } from "../common/dom";
import type { BoardRate, BoardRating, BoardUtterance } from "../common/messages";

const MARKS = ["poor", "", "", "", "excellent"];

interface Acts {
  send: (request: BoardRate) => void;
  // Rating begins or ends: what would tell which variant wrote a reply is out of sight meanwhile.
  shown: (isShown: boolean) => void;
}

export class RatingByHand {
  readonly el = make("section", { className: "byok-board-rating", hidden: true, attributes: { "aria-label": "Rating by hand" } });
  readonly start = button("Rate by hand");
  private readonly title = make("h4", { tabIndex: -1, attributes: { "aria-level": "3" } });
  private readonly by = make("input", { className: "byok-input byok-board-by", id: `byok-${randomId()}`, value: "me", maxLength: 60, attributes: NO_AUTOFILL });
  private readonly content = make("div", { className: "byok-board-content" });
  private readonly marks = make("div", { className: "byok-board-marks", attributes: { role: "group", "aria-label": "Your rating" } });
  private readonly skip = button("Skip (s)");
  private readonly undo = button("Undo (u)");
  private readonly problem = make("p", { className: "byok-bad", attributes: { role: "alert" } });
  private number = -1;
  private isWaiting = false;
  private left = 0;

  constructor(private readonly acts: Acts) {
    const close = button("Close");
    const label = make("label", { htmlFor: this.by.id, textContent: "Ratings by" });
    const tools = make("div", { className: "byok-board-tools" }, this.title, make("span", {}, label, this.by), close);
    MARKS.forEach((word, at) => this.marks.append(this.mark(at + 1, word)));
    const hint = make("p", { className: "byok-note", textContent: "1 is poor, 5 is excellent. The keys 1 to 5 rate and go on, s skips, u takes the last one back, Esc closes." });
    const steps = make("div", { className: "byok-board-marks" }, this.skip, this.undo);
    this.el.append(tools, hint, this.content, this.marks, steps, this.problem);
    this.start.onclick = () => this.open();
    this.skip.onclick = () => this.act("skip");
    this.undo.onclick = () => this.act("undo");
    this.by.onchange = () => this.begin();
    close.onclick = () => this.close();
    this.el.onkeydown = (event) => this.onKey(event);
  }

  take(told: BoardRating): void {
    [this.number, this.isWaiting, this.left] = [told.number, false, told.left];
    if (this.el.hidden) return;
    const { total, left, problem } = told;
    this.problem.textContent = problem;
    const isDone = !left;
    this.title.textContent = isDone ? (total ? "All replies are rated" : "No reply to rate") : `Reply ${total - left + 1} of ${total}`;
    this.marks.hidden = this.skip.hidden = isDone;
    this.undo.disabled = !told.can_undo;
    this.content.replaceChildren(...(isDone ? [notes(told.notes)] : reply(told)));
    if (document.activeElement !== this.by) this.title.focus({ preventScroll: true });
  }

  private mark(mark: number, word: string): HTMLButtonElement {
    const made = button(String(mark), "byok-board-mark");
    made.setAttribute("aria-label", word ? `${mark}, ${word}` : String(mark));
    made.setAttribute("aria-keyshortcuts", String(mark));
    made.onclick = () => this.act("mark", mark);
    return made;
  }

  private open(): void {
    this.el.hidden = false;
    this.acts.shown(true);
    this.title.textContent = "Rating by hand";
    this.title.focus({ preventScroll: true });
    this.begin();
  }

  private close(): void {
    this.el.hidden = true;
    this.acts.shown(false);
    this.start.focus();
  }

  private begin(): void {
    this.content.replaceChildren();
    this.isWaiting = true;
    this.acts.send({ kind: "rate", act: "begin", by: this.by.value, number: this.number, mark: 0 });
  }

  // Until the kernel has answered there is no reply that a second key could be meant for.
  private act(act: "mark" | "skip" | "undo", mark = 0): void {
    if (this.isWaiting || (act !== "undo" && !this.left) || (act === "undo" && this.undo.disabled)) return;
    this.isWaiting = true;
    this.acts.send({ kind: "rate", act, by: this.by.value, number: this.number, mark });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") this.close();
    if (event.target === this.by || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[1-5]$/.test(event.key)) this.act("mark", Number(event.key));
    else if (event.key === "s") this.act("skip");
    else if (event.key === "u") this.act("undo");
    else return;
    event.preventDefault();
  }
}

function reply({ said, conversation, answer, values }: BoardRating): HTMLElement[] {
  const rows = values.map(({ name, value }) => make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", { textContent: value })));
  const read = make("table", { className: "byok-board-list" }, make("caption", { textContent: "Values that were read" }), make("tbody", {}, ...rows));
  return [
    spoken(conversation.length ? conversation : said),
    ...(answer ? [make("div", { className: "byok-board-answer", dir: "auto", textContent: answer })] : []),
    ...(rows.length ? [read] : []),
  ];
}

function spoken(lines: BoardUtterance[]): HTMLElement {
  const made = lines.map(({ by, text }) => make("p", {}, make("b", { textContent: `${by}: ` }), text));
  return make("div", { className: "byok-board-spoken", dir: "auto" }, ...made);
}

const notes = (lines: string[]): HTMLElement =>
  make("ul", { className: "byok-board-notes" }, ...lines.map((textContent) => make("li", { textContent })));
